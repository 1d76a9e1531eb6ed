import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** A source file as the rules see it. `path` is relative to the project, with forward slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** One module specifier: of `import`, `export … from` or `import()`; type-only ones too. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Path of the imported file, relative to the project; absent for packages and `node:` modules. */
  readonly target?: string;
}

export const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

const folders = ["src", "web", "tests", "scripts"];

/** Every TypeScript and plain JavaScript module that people write here (what is vendored or generated is not). */
export function readSources(): Source[] {
  return folders.flatMap((folder) => {
    const found = path.join(projectRoot, folder);
    if (!fs.existsSync(found)) return [];
    return fs.readdirSync(found, { recursive: true, encoding: "utf8" })
      .map((name) => path.posix.join(folder, name.split(path.sep).join("/")))
      .filter((name) => /\.(ts|mjs)$/.test(name) && !/\/(vendor|node_modules)\//.test(name))
      .sort()
      .map((name) => parseSource(name, fs.readFileSync(path.join(projectRoot, name), "utf8")));
  });
}

/** A source from its text, as if it stood at `path` in the project. */
export function parseSource(path: string, text: string): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return { path, text, tree, imports: findImports(path, tree) };
}

export function isTest(source: Source): boolean {
  return source.path.startsWith("tests/") || source.path.endsWith(".test.ts");
}

/** Line of a node, counted from 1. */
export function lineOf(source: Source, node: ts.Node): number {
  return source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1;
}

/** Calls `visit` for every node of the tree, parents first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function findImports(from: string, tree: ts.SourceFile): Import[] {
  const found: Import[] = [];
  walk(tree, (node) => {
    const literal = moduleSpecifier(node);
    if (!literal) return;
    const line = tree.getLineAndCharacterOfPosition(literal.getStart(tree)).line + 1;
    const specifier = literal.text;
    if (!specifier.startsWith(".")) found.push({ specifier, line });
    else found.push({ specifier, line, target: path.posix.join(path.posix.dirname(from), specifier) });
  });
  return found;
}

function moduleSpecifier(node: ts.Node): ts.StringLiteral | undefined {
  const found = ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
    ? node.moduleSpecifier
    : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
    ? node.arguments[0]
    : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
    ? node.argument.literal
    : undefined;
  return found && ts.isStringLiteral(found) ? found : undefined;
}
