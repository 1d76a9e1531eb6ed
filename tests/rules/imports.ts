import { isTest, type Source } from "./sources.ts";

/**
 * The layers, highest first. A file imports from its own room or from a lower layer; rooms of one layer do not know each
 * other. (docs: the house.)
 */
const layers: readonly (readonly string[])[] = [
  ["main"],
  ["commands"],
  ["app"],
  ["demo"],
  ["control"],
  ["dashboard"],
  ["web"],
  ["relay", "mailbox"],
  ["identity"],
  ["store", "smtp", "pop3"],
  ["dialogue"],
  ["net"],
  ["settings"],
  ["wire"],
];

/** Rooms of one protocol that must not meet although they share a folder. */
const strangers = [
  ["src/smtp/server/", "src/smtp/client/"],
  ["src/pop3/server/", "src/pop3/client/"],
] as const;

/** The room of a file: its folder in src/, "web", or the name of a file that stands alone in src/. */
function roomOf(path: string): string | undefined {
  if (path.startsWith("web/")) return "web";
  const inFolder = /^src\/([^/]+)\//.exec(path)?.[1];
  if (inFolder) return inFolder;
  return /^src\/(main|app|settings)(-[^/]+)?\.ts$/.exec(path)?.[1];
}

function layerOf(room: string): number {
  return layers.findIndex((rooms) => rooms.includes(room));
}

/** Imports that point up or sideways, and files that stand in no layer. Tests may import whatever they test. */
export function misdirectedImports(sources: readonly Source[]): string[] {
  return sources.filter((source) => /^(src|web)\//.test(source.path) && !isTest(source)).flatMap((source) => {
    const room = roomOf(source.path);
    if (!room || layerOf(room) < 0) {
      return [`${source.path} stands in no layer: the rooms are ${layers.flat().join(", ")}.`];
    }
    return source.imports.flatMap(({ target, line }) => {
      const why = target && whyNot(source.path, room, target);
      return why ? [`${source.path}:${line} imports ${target}: ${why}.`] : [];
    });
  });
}

function whyNot(from: string, room: string, target: string): string | undefined {
  const other = roomOf(target);
  if (!other || layerOf(other) < 0) return "the product imports only what stands in a layer";
  if (target.endsWith(".test.ts")) return "the product does not import its tests";
  for (const [one, two] of strangers) {
    const meet = (from.startsWith(one) && target.startsWith(two)) || (from.startsWith(two) && target.startsWith(one));
    if (meet) return "server and client of a protocol never meet";
  }
  if (other === room) return undefined;
  const [here, there] = [layerOf(room), layerOf(other)];
  if (there === here) return `${room} and ${other} are one layer, and imports do not point sideways`;
  if (there < here) return `${other} stands above ${room}, and imports point down only`;
  return undefined;
}

/** Specifiers that do not say which file they mean, or name a module that the project does not have. */
export function strangeModules(
  sources: readonly Source[],
  packages: { readonly product: readonly string[]; readonly development: readonly string[] },
): string[] {
  const paths = new Set(sources.map((source) => source.path));
  return sources.flatMap((source) => {
    const allowed = isTest(source) ? [...packages.product, ...packages.development] : packages.product;
    return source.imports.flatMap(({ specifier, target, line }) => {
      const why = target ? whyNotFile(source.path, target, paths) : whyNotPackage(specifier, allowed);
      return why ? [`${source.path}:${line} imports "${specifier}": ${why}.`] : [];
    });
  });
}

function whyNotFile(from: string, target: string, paths: ReadonlySet<string>): string | undefined {
  if (target.endsWith(".json")) return undefined;
  if (from.endsWith(".ts") && !/\.(ts|mjs)$/.test(target)) return "it must end in .ts";
  return paths.has(target) || target.endsWith(".config.ts") ? undefined : "there is no such file";
}

function whyNotPackage(specifier: string, allowed: readonly string[]): string | undefined {
  if (specifier.startsWith("node:")) return undefined;
  const name = specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
  return allowed.includes(name)
    ? undefined
    : "only node: modules and the packages that package.json names for this use";
}

/** Each ring of files that import each other, once; an import of types counts. */
export function importCycles(sources: readonly Source[]): string[] {
  const targets = new Map(sources.map(({ path, imports }) => [path, imports.flatMap(({ target }) => target ?? [])]));
  const done = new Set<string>();
  const rings: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) rings.push(`${[...trail.slice(start), path].join(" imports ")}: a cycle.`);
    if (start >= 0 || done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return rings;
}
