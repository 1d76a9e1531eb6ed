import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { RawSmtp } from "../support/raw-smtp.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { commandsIn, wideLines } from "./support.ts";

const scene = createScene();

test("accounts are added, given a new password and removed while the server runs, and it knows at once", async () => {
  const folder = scene.folder();
  const waypost = await scene.waypost(folder, relaySettings({}));
  const { run, json } = commandsIn(folder);
  const logIn = (password: string) => RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, "bob@example.net", password);

  const added = await run(
    ["account", "add", "bob@example.net", "--address", "*@example.net", "--password-stdin"],
    "one\n",
  );
  expect(added).toMatchObject({ code: 0, out: "account bob@example.net: added, in use from now on\n" });
  await (await logIn("one")).quit();
  expect(await run(["account", "add", "BOB@example.net", "--password-stdin"], "x\n")).toMatchObject({ code: 1 });
  expect(await run(["account", "password", "BOB@example.net", "--password-stdin"], "two\n")).toMatchObject({ code: 0 });
  await expect(logIn("one")).rejects.toThrow("535");
  await (await logIn("two")).quit();

  const { accounts } = await json<{ accounts: unknown[] }>(["account", "list"]);
  expect(accounts).toMatchObject([
    { login: "alice@example.net", origin: "file" },
    { login: "bob@example.net", origin: "database", addresses: ["*@example.net"], canLogIn: true },
  ]);
  const ofFile = await run(["account", "remove", "alice@example.net"]);
  expect(ofFile).toMatchObject({ code: 1, err: expect.stringContaining("waypost.toml: change it there") });
  expect(await run(["account", "remove", "bob@example.net"])).toMatchObject({ code: 0 });
  await expect(logIn("two")).rejects.toThrow("535");
  expect(await run(["account", "remove", "bob@example.net"])).toMatchObject({ code: 1 });
});

test("before the first start entries can be made; passwords are sealed and shown nowhere", async () => {
  const folder = scene.folder();
  fs.writeFileSync(path.join(folder, "waypost.toml"), 'data_dir = "data"\n');
  const { run, json } = commandsIn(folder);
  const args = [
    "upstream",
    "add",
    "provider",
    "--host",
    "smtp.example.net",
    "--tls",
    "implicit",
    "--username",
    "office",
  ];
  const added = await run([...args, "--set", "max_connections=2", "--password-stdin"], "correct horse\n");
  expect(added).toMatchObject({ code: 0, out: "upstream provider: added, in use with the next start\n" });
  const source = ["--source", "pop.example.net", "--source-username", "carol", "--source-mode", "delete"];
  const account = await run(
    ["account", "add", "carol", "--upstream", "provider", ...source, "--password-stdin"],
    "carol's own\nsource secret\n",
  );
  expect(account).toMatchObject({ code: 0 });
  expect(await json(["upstream", "list"])).toMatchObject({
    upstreams: [{ name: "provider", origin: "database", host: "smtp.example.net", port: 465, username: "office" }],
  });
  const changes = [["upstream", "password", "provider"], [
    "account",
    "password",
    "carol",
    "--source",
    "pop.example.net",
  ]];
  for (const change of changes) {
    expect(await run([...change, "--password-stdin"], "changed secret\n")).toMatchObject({ code: 0, err: "" });
  }
  const list = await run(["account", "list"]);
  expect(list.out).toContain("pop.example.net:995");
  expect(wideLines(list.out)).toEqual([]);
  const octets = fs.readdirSync(path.join(folder, "data")).filter((name) => name.startsWith("waypost.db"))
    .map((name) => fs.readFileSync(path.join(folder, "data", name), "latin1")).join("");
  for (const secret of ["correct horse", "carol's own", "source secret", "changed secret"]) {
    expect(octets).not.toContain(secret);
  }
});

test.each([
  [["upstream", "add", "a"], "host: (missing)"],
  [["upstream", "add", "a", "--host", "h", "--tls", "maybe"], '"maybe"'],
  [["upstream", "add", "a", "--host", "h", "--set", "colour=red"], "(unknown key)"],
  [["device", "allow", "scanner", "0.0.0.0/0"], "an open relay"],
  [["device", "allow", "scanner", "192.168.1.20", "--upstream", "none"], "there is no upstream none"],
])("%j is refused with what was expected, and nothing is written", async (args, text) => {
  const folder = scene.folder();
  fs.writeFileSync(path.join(folder, "waypost.toml"), 'data_dir = "data"\n');
  const { run, json } = commandsIn(folder);
  const ran = await run(args);
  expect(ran).toMatchObject({ code: 1, out: "" });
  expect(ran.err).toContain(text);
  expect(await json([args[0]!, "list"])).toMatchObject({ [`${args[0]}s`]: [] });
});

test("a device is allowed, shown and removed", async () => {
  const folder = scene.folder();
  fs.writeFileSync(path.join(folder, "waypost.toml"), 'data_dir = "data"\n');
  const { run, json } = commandsIn(folder);
  expect(await run(["device", "allow", "scanner", "192.168.1.20", "192.168.2.0/28"])).toMatchObject({ code: 0 });
  expect(await json(["device", "list"])).toMatchObject({
    devices: [{ name: "scanner", origin: "database", networks: ["192.168.1.20", "192.168.2.0/28"], addresses: ["*"] }],
    allowedWithoutAuth: ["127.0.0.0/8", "::1"],
  });
  expect(await run(["device", "remove", "SCANNER"])).toMatchObject({ code: 0 });
  expect(await json(["device", "list"])).toMatchObject({ devices: [] });
});
