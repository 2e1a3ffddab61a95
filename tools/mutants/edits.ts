import ts from 'typescript';
import { isProperty } from './places.ts';

/** What is done to a node: the text that takes the place of a part of the file. */
export type Edit = (node: ts.Node) => {
  readonly start: number;
  readonly end: number;
  readonly text: string;
};

/** Puts other code in the place of an expression, or of the value of a property. */
export function to(code: string): Edit {
  return (node) => {
    if (ts.isShorthandPropertyAssignment(node)) {
      return { ...rangeOf(node), text: `${node.name.text}: ${code}` };
    }
    return { ...rangeOf(ts.isPropertyAssignment(node) ? node.initializer : node), text: code };
  };
}

/** Gives a property another name. */
export function renamed(name: string): Edit {
  return (node) => {
    if (!isProperty(node)) throw new Error('Only a property can be renamed');
    return { ...rangeOf(node.name), text: name };
  };
}

/** Takes a property, or an element or an argument of a list, out of it. */
export function removed(node: ts.Node): ReturnType<Edit> {
  const { start, end } = rangeOf(node);
  const [comma = ''] = /^\s*,/.exec(node.getSourceFile().text.slice(end)) ?? [];
  return { start, end: end + comma.length, text: '' };
}

/** Puts other code before a node. */
export function preceded(code: string): Edit {
  return (node) => {
    const { start } = rangeOf(node);
    return { start, end: start, text: code };
  };
}

function rangeOf(node: ts.Node) {
  return { start: node.getStart(), end: node.getEnd() };
}
