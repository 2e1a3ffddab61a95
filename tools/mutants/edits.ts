import ts from 'typescript';
import { isProperty } from './places.ts';

/** A change of a node: a part of the file, and the text that replaces it. */
export type Edit = (node: ts.Node) => {
  readonly start: number;
  readonly end: number;
  readonly text: string;
};

/** Replaces an expression, or the value of a property, by other code. */
export function to(code: string): Edit {
  return (node) => {
    if (ts.isShorthandPropertyAssignment(node)) {
      return { ...rangeOf(node), text: `${node.name.text}: ${code}` };
    }
    return { ...rangeOf(ts.isPropertyAssignment(node) ? node.initializer : node), text: code };
  };
}

/** Renames a property. */
export function renamed(name: string): Edit {
  return (node) => {
    if (!isProperty(node)) throw new Error('Only a property can be renamed');
    return { ...rangeOf(node.name), text: name };
  };
}

/** Removes a property, or an element or argument of a list. */
export function removed(node: ts.Node): ReturnType<Edit> {
  const { start, end } = rangeOf(node);
  const [comma = ''] = /^\s*,/.exec(node.getSourceFile().text.slice(end)) ?? [];
  return { start, end: end + comma.length, text: '' };
}

/** Inserts code before a node. */
export function preceded(code: string): Edit {
  return (node) => {
    const { start } = rangeOf(node);
    return { start, end: start, text: code };
  };
}

function rangeOf(node: ts.Node) {
  return { start: node.getStart(), end: node.getEnd() };
}
