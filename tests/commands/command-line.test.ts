import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/process.ts";
import { commandsIn, runCommand } from "./support.ts";

const folder = temporaryFolder();

test.each([
  [["--help"], 0, "usage: waypost COMMAND"],
  [["help", "queue"], 0, "waypost queue retry|hold"],
  [["queue", "--help"], 0, "waypost queue retry|hold"],
  [["--version"], 0, "waypost 0."],
])("%j prints help and ends with %i", async (args, code, text) => {
  const ran = await runCommand(folder.path, args);
  expect(ran).toMatchObject({ code, err: "" });
  expect(ran.out).toContain(text);
});

test.each([
  [[], "usage: waypost COMMAND"],
  [["statsu"], 'there is no command "statsu"'],
  [["status", "--jsn"], "--jsn"],
  [["status", "extra"], "expected nothing beside its options; got extra"],
  [["queue"], "expected one of list, show"],
  [["queue", "hold"], "expected one or more IDs, --all, or a filter"],
  [["queue", "hold", "--all", "1Q4W7Z0K8"], "expected one or more IDs, --all, or a filter"],
  [["queue", "show", "no id!"], "is no ID"],
  [["queue", "list", "--limit", "0"], "from 1 to"],
  [["trace"], "expected one MESSAGE-ID or ID"],
  [["account", "add", "a@b.example", "--source-mode", "keep"], "needs --source HOST"],
  [["upstream", "add", "a", "--host", "h", "--set", "password=x"], "never an argument"],
  [["device", "allow", "scanner"], "a NAME and one or more NETWORKs"],
])("%j is a wrong command line: exit code 2, and nothing on standard output", async (args, text) => {
  const ran = await runCommand(folder.path, args);
  expect(ran).toMatchObject({ code: 2, out: "" });
  expect(ran.err).toContain(text);
  expect(ran.err).toContain("usage: waypost");
});

test("commands that read make no database, and say that there is none", async () => {
  fs.writeFileSync(path.join(folder.path, "waypost.toml"), 'data_dir = "data"\n');
  const { run } = commandsIn(folder.path);
  for (const args of [["status"], ["queue", "list"], ["trace", "x"], ["fetch"], ["backup", "b.tar"]]) {
    const ran = await run(args);
    expect(ran, args.join(" ")).toMatchObject({ code: 1, out: "" });
    expect(ran.err, args.join(" ")).toContain("there is no database at");
  }
  expect(fs.readdirSync(folder.path)).toEqual(["waypost.toml"]);
});

test("wrong settings are told line by line, exit code 1", async () => {
  fs.writeFileSync(path.join(folder.path, "waypost.toml"), "[smtp]\nmax_errors = 0\n");
  const ran = await commandsIn(folder.path).run(["status"]);
  expect(ran).toMatchObject({ code: 1, out: "" });
  expect(ran.err).toContain("waypost.toml:2: smtp.max_errors");
});
