import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { run } from "./docs.ts";

async function docs(...args: string[]) {
  const said: string[] = [];
  const say = (text: string) => said.push(text);
  return { code: await run(args, { stdout: say, stderr: say, env: {} }), said: said.join("") };
}

test("the committed documentation of the settings is that of the table", async () => {
  expect(await docs("--check")).toEqual({ code: 0, said: "" });
  expect(await readFile(new URL("../../docs/settings.md", import.meta.url), "utf8")).toContain("## `[[upstream]]`");
});

test("a wrong command line is told with the usage, and the exit code is 2", async () => {
  const { code, said } = await docs("--chek");
  expect(code).toBe(2);
  expect(said).toContain("usage: waypost docs [--check]");
});
