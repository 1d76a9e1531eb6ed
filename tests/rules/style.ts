import ts from "typescript";
import { isTest, lineOf, type Source, walk } from "./sources.ts";

/** Reads a node and says what is wrong with it, or nothing. */
type Check = (node: ts.Node, source: Source) => string | undefined;

const checks: readonly Check[] = [
  (node) =>
    node.kind === ts.SyntaxKind.AnyKeyword
      ? "`any` switches the type check off: name the type, or `unknown`"
      : undefined,
  (node) => ts.isEnumDeclaration(node) ? "an enum cannot be erased: a union of literals" : undefined,
  (node) => ts.isModuleDeclaration(node) ? "a namespace cannot be erased: a module is enough" : undefined,
  (node) => ts.isImportEqualsDeclaration(node) || isExportEquals(node) ? "require syntax cannot be erased" : undefined,
  (node) => isParameterProperty(node) ? "a parameter property cannot be erased: write the field" : undefined,
  (node) => isDefaultExport(node) ? "a default export has no name of its own: export it by name" : undefined,
  (node, source) => isEmptyCatch(node, source) ? "an error is caught and nothing says why that is right" : undefined,
  (node, source) => isTest(source) && isOnly(node) ? "`.only` switches every other test off" : undefined,
];

/** Words and marks that may not stay in a source; written so that this file does not hold them itself. */
const leftovers: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`\\b(${"TO"}${"DO"}|${"FIX"}${"ME"})\\b`), "unfinished work is done or written down elsewhere"],
  [new RegExp(`@ts-${"(ignore|nocheck)"}\\b`), "the type check is not silenced"],
];

/** What the language allows and this project does not, and what only some runtimes can run. */
export function badStyle(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => [...badNodes(source), ...badWords(source)]);
}

function badNodes(source: Source): string[] {
  const found: string[] = [];
  walk(source.tree, (node) => {
    for (const check of checks) {
      const why = check(node, source);
      if (why) found.push(`${source.path}:${lineOf(source, node)} ${why}.`);
    }
  });
  return found;
}

function badWords({ path, text }: Source): string[] {
  return text.split("\n").flatMap((line, index) =>
    leftovers.flatMap(([word, why]) => {
      const match = word.exec(line)?.[0];
      return match ? [`${path}:${index + 1} says ${match}: ${why}.`] : [];
    })
  );
}

function isExportEquals(node: ts.Node): boolean {
  return ts.isExportAssignment(node) && node.isExportEquals === true;
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return !node.isExportEquals;
  return ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
}

function isParameterProperty(node: ts.Node): boolean {
  return ts.isParameter(node) && ts.isConstructorDeclaration(node.parent) && (ts.getModifiers(node) ?? []).length > 0;
}

/** `catch {}` and `.catch(() => {})`; a comment inside that says why makes it good. */
function isEmptyCatch(node: ts.Node, source: Source): boolean {
  if (ts.isCatchClause(node)) return isBare(node.block, source);
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const handler = node.arguments[0];
  return node.expression.name.text === "catch" && handler !== undefined &&
    (ts.isArrowFunction(handler) || ts.isFunctionExpression(handler)) && ts.isBlock(handler.body) &&
    isBare(handler.body, source);
}

function isBare(block: ts.Block, source: Source): boolean {
  return block.statements.length === 0 && /^\{\s*\}$/.test(block.getText(source.tree));
}

function isOnly(node: ts.Node): boolean {
  return ts.isPropertyAccessExpression(node) && node.name.text === "only" &&
    ["test", "it", "describe"].includes(node.expression.getText());
}
