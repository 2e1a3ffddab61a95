import ts from 'typescript';

/**
 * Decides whether a node matches. Matchers use the syntax tree, so that line breaks, quotes and commas of a
 * formatter do not matter.
 */
export type Matcher = (node: ts.Node) => boolean;

/** Matches a property of an object by its name. The value is needed if several have the same name. */
export function property(name: string, value?: string): Matcher {
  return (node) =>
    isProperty(node) &&
    nameOf(node.name) === name &&
    (value === undefined || isSameCode(initializerOf(node), value));
}

/** Matches an object that has a property with this name and value. */
export function object(name: string, value: string): Matcher {
  return (node) =>
    ts.isObjectLiteralExpression(node) && node.properties.some(property(name, value));
}

/** Matches a call by the function and the given arguments: `call('new Queue')`. */
export function call(callee: string, ...args: readonly (string | undefined)[]): Matcher {
  return (node) =>
    isCall(node) &&
    calleeOf(node) === callee &&
    args.every((arg, index) => arg === undefined || isSameCode(node.arguments?.[index], arg));
}

/** Matches an argument of a call. */
export function argument(callee: string, index: number): Matcher {
  return (node) =>
    isCall(node.parent) &&
    calleeOf(node.parent) === callee &&
    node.parent.arguments?.[index] === node;
}

/** Matches the value of a variable. */
export function variable(name: string): Matcher {
  return (node) =>
    ts.isVariableDeclaration(node.parent) &&
    node.parent.initializer === node &&
    node.parent.name.getText() === name;
}

/** Matches a function by its name. */
export function func(name: string): Matcher {
  return (node) => ts.isFunctionDeclaration(node) && node.name?.text === name;
}

/** Matches `...` and the expression that it spreads. */
export function spread(code: string): Matcher {
  return (node) =>
    (ts.isSpreadAssignment(node) || ts.isSpreadElement(node)) && isSameCode(node.expression, code);
}

/** Matches an expression. Spaces, lines, quotes and trailing commas may differ. */
export function code(expression: string): Matcher {
  return (node) => ts.isExpression(node) && isSameCode(node, expression);
}

/**
 * All nodes that the last matcher accepts. They must be inside nodes that the other matchers accept, in that order.
 */
export function placesOf(file: ts.SourceFile, place: readonly Matcher[]): readonly ts.Node[] {
  const [matches, ...inner] = place;
  if (matches === undefined) return [];
  const found = new Set<ts.Node>();
  const visit = (node: ts.Node, step: number): void => {
    const isMatch = node.parent !== undefined && place[step]?.(node) === true;
    if (isMatch && step === inner.length) found.add(node);
    const next = isMatch && step < inner.length ? step + 1 : step;
    ts.forEachChild(node, (child) => visit(child, next));
  };
  visit(file, 0);
  return [...found];
}

export function parseFile(name: string, text: string): ts.SourceFile {
  return ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
}

/** Whether a node is a property with a value: `name: value`, or `name` alone. */
export function isProperty(
  node: ts.Node,
): node is ts.PropertyAssignment | ts.ShorthandPropertyAssignment {
  return ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node);
}

function initializerOf(
  node: ts.PropertyAssignment | ts.ShorthandPropertyAssignment,
): ts.Expression {
  return ts.isPropertyAssignment(node) ? node.initializer : node.name;
}

/** The name of a property. If a template computes the name, the text of the template. */
function nameOf(name: ts.PropertyName): string {
  if (ts.isComputedPropertyName(name)) return name.expression.getText().slice(1, -1);
  return name.getText().replace(/^(['"])(.*)\1$/, '$2');
}

function isCall(node: ts.Node): node is ts.CallExpression | ts.NewExpression {
  return ts.isCallExpression(node) || ts.isNewExpression(node);
}

function calleeOf(node: ts.CallExpression | ts.NewExpression): string {
  return `${ts.isNewExpression(node) ? 'new ' : ''}${node.expression.getText()}`;
}

function isSameCode(node: ts.Node | undefined, expression: string): boolean {
  return node !== undefined && unformatted(node.getText()) === unformatted(expression);
}

/** Code without the parts that a formatter decides: spaces, lines, trailing commas and the kind of quotes. */
function unformatted(code: string): string {
  return code
    .replaceAll(/\s+/g, '')
    .replaceAll(/,(?=[)\]}])/g, '')
    .replaceAll('"', "'");
}
