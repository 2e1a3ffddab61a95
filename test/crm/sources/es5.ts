import * as ts from 'typescript';

/** Syntax that came after ES5, as far as anybody would write it without noticing. */
const syntaxAfterEs5 = new Set([
  ts.SyntaxKind.ArrowFunction,
  ts.SyntaxKind.ArrayBindingPattern,
  ts.SyntaxKind.AsteriskAsteriskToken,
  ts.SyntaxKind.AwaitExpression,
  ts.SyntaxKind.BigIntLiteral,
  ts.SyntaxKind.ClassDeclaration,
  ts.SyntaxKind.ClassExpression,
  ts.SyntaxKind.ComputedPropertyName,
  ts.SyntaxKind.ForOfStatement,
  ts.SyntaxKind.MethodDeclaration,
  ts.SyntaxKind.NoSubstitutionTemplateLiteral,
  ts.SyntaxKind.ObjectBindingPattern,
  ts.SyntaxKind.QuestionDotToken,
  ts.SyntaxKind.QuestionQuestionToken,
  ts.SyntaxKind.ShorthandPropertyAssignment,
  ts.SyntaxKind.SpreadAssignment,
  ts.SyntaxKind.SpreadElement,
  ts.SyntaxKind.TaggedTemplateExpression,
  ts.SyntaxKind.TemplateExpression,
  ts.SyntaxKind.YieldExpression,
]);

const isLater = (node: ts.Node): boolean =>
  syntaxAfterEs5.has(node.kind) ||
  (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) !== 0) ||
  (ts.isParameter(node) && (node.initializer ?? node.dotDotDotToken) !== undefined) ||
  (ts.isCatchClause(node) && node.variableDeclaration === undefined) ||
  (ts.isCallOrNewExpression(node) && node.arguments?.hasTrailingComma === true) ||
  (ts.isFunctionLike(node) && node.parameters.hasTrailingComma);

/** The places of a script that are not ES5. */
export const notES5 = (script: string): readonly string[] => {
  const file = ts.createSourceFile('a.js', script, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isLater(node)) found.push(node.getText());
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
};
