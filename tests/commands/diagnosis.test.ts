import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { commandsIn, wideLines } from "./support.ts";

const scene = createScene();

interface Tested {
  readonly ok: boolean;
  readonly transcript: readonly (readonly [number, string, string])[];
  readonly diagnosis: { readonly fault: string; readonly advice: string } | null;
}

function folderWith(settings: string): string {
  const folder = scene.folder();
  fs.writeFileSync(path.join(folder, "waypost.toml"), `data_dir = "data"\n${settings}`);
  return folder;
}

test("a test of an upstream logs in, shows what was said without the password, and sends nothing", async () => {
  const certificate = await scene.certificate();
  const login = { username: "office", password: "correct horse" };
  const upstream = await scene.upstream({ certificate, login });
  const folder = folderWith(
    relaySettings({ upstreams: [{ port: upstream.port, tls: "starttls", ca: certificate.caPath, ...login }] }),
  );
  const { run, json } = commandsIn(folder);
  const ran = await run(["upstream", "test", "upstream-1"]);
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.out).toContain("It works: TLSv1.");
  expect(ran.out).toContain("> STARTTLS");
  expect(ran.out).toContain("> AUTH PLAIN (secret)");
  expect(ran.out).not.toContain(btoa("\0office\0correct horse"));
  expect(wideLines(ran.out)).toEqual([]);
  expect(upstream.messages).toEqual([]);
  const tested = await json<Tested>(["upstream", "test", "upstream-1"]);
  expect(tested).toMatchObject({ ok: true, diagnosis: null, extensions: expect.any(Array) });
  expect(tested).toHaveProperty("certificate.expiresAt", expect.stringMatching(/^20\d\d-.*Z$/));
});

test.each(
  [
    ["a wrong password", { password: "wrong" }, "does not accept the login office"],
    ["a certificate of a stranger", { ca: "own" }, "not trusted here"],
    ["TLS on a port that has none", { tls: "implicit" }, "does not begin with TLS|has closed the connection"],
  ] as const,
)("%s is told in plain words with what to do", async (_name, change, fault) => {
  const certificate = await scene.certificate();
  const upstream = await scene.upstream({ certificate, login: { username: "office", password: "correct horse" } });
  const stranger = await scene.certificate();
  const ca = "ca" in change ? stranger.caPath : certificate.caPath;
  const folder = folderWith(relaySettings({
    upstreams: [{
      port: upstream.port,
      tls: "tls" in change ? change.tls : "starttls",
      ca,
      username: "office",
      password: "password" in change ? change.password : "correct horse",
    }],
  }));
  const tested = await commandsIn(folder).json<Tested>(["upstream", "test", "upstream-1"], 1);
  expect(tested.ok).toBe(false);
  expect(tested.diagnosis!.fault).toMatch(new RegExp(fault));
  expect(tested.diagnosis!.advice).not.toBe("");
});

test("an untrusted certificate is shown with its key, which pinned is enough", async () => {
  const { port } = await scene.upstream({ certificate: await scene.certificate() });
  const untrusted = await commandsIn(folderWith(relaySettings({ upstreams: [{ port, tls: "starttls" }] })))
    .run(["upstream", "test", "upstream-1"]);
  expect(untrusted.code).toBe(1);
  expect(untrusted.out).toContain("The server's certificate: 127.0.0.1");
  expect(wideLines(untrusted.out.replace(/sha256:\w+/, ""))).toEqual([]);
  const fingerprint = /sha256:[0-9a-f]{64}/.exec(untrusted.out.replaceAll(/\n */g, ""))![0];
  const more = `fingerprint = "${fingerprint}"`;
  const pinned = await commandsIn(folderWith(relaySettings({ upstreams: [{ port, tls: "starttls", more }] })))
    .run(["upstream", "test", "upstream-1"]);
  expect(pinned).toMatchObject({ code: 0, out: expect.stringContaining("It works: TLSv1.") });
});

test("the doctor finds what is wrong and says what to do, exit code 1", async () => {
  const taken = await scene.upstream();
  const folder = folderWith(
    relaySettings({ upstreams: [{ port: await freePort() }] }).replace(
      'listen = "127.0.0.1:0"',
      `listen = "127.0.0.1:${taken.port}"`,
    ),
  );
  const { run, json } = commandsIn(folder);
  const ran = await run(["doctor"]);
  expect(ran).toMatchObject({ code: 1, err: "" });
  expect(ran.out).toContain(`port dashboard: 127.0.0.1:${taken.port} is taken by another program`);
  expect(ran.out).toContain("upstream upstream-1");
  expect(ran.out).toContain("nothing listens on port");
  expect(wideLines(ran.out)).toEqual([]);
  const found = await json<{ findings: { level: string; about: string; advice: string | null }[] }>(["doctor"], 1);
  expect(found.findings.every(({ level, advice }) => (level === "ok") === (advice === null))).toBe(true);
});

test("the doctor is content with a server that runs and an upstream that takes mail", async () => {
  const upstream = await scene.upstream();
  const folder = scene.folder();
  await scene.waypost(folder, relaySettings({ upstreams: [{ port: upstream.port }] }));
  const found = await commandsIn(folder).json<{ ok: boolean; findings: { about: string }[] }>(["doctor"]);
  expect(found.ok).toBe(true);
  const tested = found.findings.map(({ about }) => about);
  for (const about of ["data folder", "disk", "server", "port smtp", "database", "clock", "entries", "certificate"]) {
    expect(tested).toContain(about);
  }
  expect(tested).toContain("upstream upstream-1");
});
