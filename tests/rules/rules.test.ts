import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { importCycles, misdirectedImports, strangeModules } from "./imports.ts";
import { longFiles, longFunctions } from "./sizes.ts";
import { parseSource, projectRoot, readSources } from "./sources.ts";
import { badStyle } from "./style.ts";
import { wordsInViews } from "./words.ts";

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

const manifest = JSON.parse(fs.readFileSync(path.join(projectRoot, "package.json"), "utf8")) as Manifest;
const packages = { product: Object.keys(manifest.dependencies), development: Object.keys(manifest.devDependencies) };

/** Fails with the sentences, one a line: what is wrong, where, and what the rule is. */
function expectNone(offenders: readonly string[]): void {
  if (offenders.length > 0) expect.fail(`\n${offenders.join("\n")}\n`);
}

describe("the source keeps the rules of the house", () => {
  const sources = readSources();

  test("imports point down only", () => expectNone(misdirectedImports(sources)));
  test("no files import each other in a ring", () => expectNone(importCycles(sources)));
  test("imports name a file with its ending or a package that the project has", () => {
    expectNone(strangeModules(sources, packages));
  });
  test("no file is too long", () => expectNone(longFiles(sources)));
  test("no function is too long", () => expectNone(longFunctions(sources)));
  test("what people read stands in the catalogue", () => expectNone(wordsInViews(sources)));
  test("nothing is left over and nothing needs a build step", () => expectNone(badStyle(sources)));
});

describe("the rules see what breaks them", () => {
  const source = parseSource;

  test.each([
    ["src/wire/a.ts", "../net/b.ts", "stands above"],
    ["src/smtp/a.ts", "../pop3/b.ts", "sideways"],
    ["src/smtp/a.ts", "../store/b.ts", "sideways"],
    ["src/relay/a.ts", "../mailbox/b.ts", "sideways"],
    ["src/smtp/server/a.ts", "../client/b.ts", "never meet"],
    ["src/wire/a.ts", "../settings.ts", "stands above"],
    ["src/app.ts", "./commands/b.ts", "stands above"],
    ["src/net/a.ts", "./b.test.ts", "tests"],
    ["src/net/a.ts", "../../tests/b.ts", "stands in a layer"],
  ])("%s may not import %s", (path, specifier, why) => {
    expect(misdirectedImports([source(path, `import { x } from "${specifier}";`)])).toEqual([
      expect.stringContaining(why),
    ]);
  });

  test.each([
    ["src/smtp/server/a.ts", "../replies.ts"],
    ["src/smtp/server/a.ts", "../../wire/b.ts"],
    ["src/net/a.ts", "../settings-parse.ts"],
    ["src/dashboard/a.ts", "../../web/b.ts"],
    ["web/a.ts", "../src/wire/b.ts"],
    ["src/smtp/server/a.test.ts", "../client/b.ts"],
  ])("%s may import %s", (path, specifier) => {
    expect(misdirectedImports([source(path, `import { x } from "${specifier}";`)])).toEqual([]);
  });

  test("a file outside the rooms stands in no layer", () => {
    expect(misdirectedImports([source("src/helpers/a.ts", "")])).toEqual([expect.stringContaining("no layer")]);
  });

  test("a ring that only types close is a ring", () => {
    const ring = [
      source("src/wire/a.ts", `import { b } from "./b.ts";`),
      source("src/wire/b.ts", `export * from "./c.ts";`),
      source("src/wire/c.ts", `import type { A } from "./a.ts";`),
    ];
    expect(importCycles(ring)).toEqual([
      expect.stringMatching(/a\.ts imports .*b\.ts imports .*c\.ts imports .*a\.ts/),
    ]);
  });

  test.each([
    [`import x from "./b";`, ".ts"],
    [`import x from "./gone.ts";`, "no such file"],
    [`import x from "vitest";`, "package.json"],
    [`const x = await import("left-pad");`, "package.json"],
    [`import fs from "fs";`, "node:"],
  ])("%s is a strange module in the product", (text, why) => {
    expect(strangeModules([source("src/net/a.ts", text)], packages)).toEqual([expect.stringContaining(why)]);
  });

  test.each([
    ["let x: any;", "any"],
    ["enum E { A }", "enum"],
    ["namespace N { export const x = 1; }", "namespace"],
    ["class C { constructor(readonly x: number) {} }", "parameter property"],
    ["export default 1;", "default export"],
    ["try { f(); } catch {}", "caught"],
    ["p.catch(() => {});", "caught"],
    [`// ${"TO"}${"DO"} later`, "unfinished"],
    [`// @ts-${"ignore"}`, "silenced"],
  ])("%s is bad style", (text, why) => {
    expect(badStyle([source("src/net/a.ts", text)])).toEqual([expect.stringContaining(why)]);
  });

  test.each([
    ["html`<p>Words</p>`", "says “Words”"],
    ["html`<p>${x} of ${y}</p>`", "says “of”"],
    ['html`<a title="Words here">${x}</a>`', "says “Words here”"],
  ])("%s says what does not stand in the catalogue", (text, why) => {
    expect(wordsInViews([source("web/views/a.ts", text)])).toEqual([expect.stringContaining(why)]);
  });

  test.each(['html`<p class="a b">${x} · ${y}</p>`', "html` checked`", 'html`<td class="${x} y">${z}</td>`'])(
    "%s says nothing by itself",
    (text) => {
      expect(wordsInViews([source("web/views/a.ts", text)])).toEqual([]);
    },
  );

  test("a catch that says why it does nothing is good", () => {
    expect(badStyle([source("src/net/a.ts", "try { f(); } catch { /* closed already */ }")])).toEqual([]);
  });

  test("lengths are counted from the signature to the brace", () => {
    const body = (lines: number) => `function f() {\n${"  g();\n".repeat(lines - 2)}}\n`;
    expect(longFunctions([source("src/net/a.ts", body(60))])).toEqual([]);
    expect(longFunctions([source("src/net/a.ts", body(61))])).toEqual([expect.stringContaining("f has 61 lines")]);
    expect(longFiles([source("src/net/a.ts", "x;\n".repeat(300))])).toEqual([]);
    expect(longFiles([source("src/net/a.ts", "x;\n".repeat(301))])).toEqual([expect.stringContaining("301 lines")]);
    expect(longFiles([source("src/settings.ts", "x;\n".repeat(301))])).toEqual([]);
  });
});
