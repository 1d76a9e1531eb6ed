import ts from "typescript";
import { isTest, lineOf, type Source, walk } from "./sources.ts";

const fileLines = 300;
const functionLines = 60;

/** Tables of data: they grow by a row for each thing they describe, and a reader looks up one row. */
const tables = [/^src\/settings[^/]*\.ts$/, /^src\/store\/schema\.ts$/];

/** Files of the product that have grown too long to hold one thought. */
export function longFiles(sources: readonly Source[]): string[] {
  return sources.filter(({ path }) => /^(src|web)\//.test(path) && !tables.some((table) => table.test(path)))
    .flatMap(({ path, text }) => {
      const lines = text.trimEnd().split("\n").length;
      return lines > fileLines ? [`${path} has ${lines} lines: at most ${fileLines}, split it.`] : [];
    });
}

/** Functions of the product and its scripts, from the first line of the signature to the closing brace. */
export function longFunctions(sources: readonly Source[]): string[] {
  return sources.filter((source) => !isTest(source)).flatMap((source) => {
    const found: string[] = [];
    walk(source.tree, (node) => {
      if (!ts.isFunctionLike(node) || !("body" in node) || !node.body) return;
      const lines = source.tree.getLineAndCharacterOfPosition(node.end).line + 2 - lineOf(source, node);
      if (lines <= functionLines) return;
      found.push(
        `${source.path}:${lineOf(source, node)} ${nameOf(node)} has ${lines} lines: at most ${functionLines}.`,
      );
    });
    return found;
  });
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name) return node.name.getText();
  const { parent } = node;
  if (parent && "name" in parent && parent.name) return (parent.name as ts.Node).getText();
  return "a function without a name";
}
