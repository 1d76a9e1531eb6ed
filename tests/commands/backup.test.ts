import { Buffer } from "node:buffer";
import fs from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { writeTar } from "../../src/commands/tar.ts";
import { freePort } from "../support/free-port.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";
import { commandsIn } from "./support.ts";

const scene = createScene();

async function send(port: number, to: string): Promise<void> {
  const smtp = await RawSmtp.connect({ port });
  await smtp.ask(250, "EHLO client.example");
  await smtp.send("a@example.net", [to], Buffer.from("Subject: kept\r\n\r\ntext\r\n"));
  await smtp.quit();
}

test("a backup that was made while the server ran brings back mail, passwords and certificates", async () => {
  const folder = scene.folder();
  const port = await freePort();
  const settings = relaySettings({ upstreams: [{ port }], allowWithoutAuth: ["127.0.0.0/8"] });
  const waypost = await scene.waypost(folder, settings);
  const { run, json } = commandsIn(folder);
  const file = path.join(folder, "waypost.tar");
  await run(["account", "add", "bob", "--password-stdin"], "bob's own\n");
  await send(waypost.smtp[0]!.port, "b@example.org");
  expect(await json(["backup", file])).toMatchObject({
    file,
    members: expect.arrayContaining(["waypost.db", "secret.key"]),
  });
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  expect(await run(["backup", file])).toMatchObject({ code: 1, err: expect.stringContaining("does not overwrite") });
  expect(await run(["restore", file])).toMatchObject({ code: 1, err: expect.stringContaining("is in use") });
  await waypost.stop();

  const ca = fs.readFileSync(waypost.caPath, "utf8");
  fs.rmSync(path.join(folder, "data"), { recursive: true });
  const restored = await json<{ replaced: string[] }>(["restore", file, "--hold"]);
  expect(restored).toMatchObject({ waitingMessages: 1, replaced: [] });
  expect(fs.readFileSync(waypost.caPath, "utf8")).toBe(ca);
  expect(await json(["queue", "list"])).toMatchObject({ heldMessages: 1, waitingMessages: 0 });
  expect(await json(["account", "list"])).toMatchObject({
    accounts: [{ login: "alice@example.net" }, { login: "bob" }],
  });

  const upstream = await scene.upstream({ port, keep: true });
  await scene.waypost(folder, settings);
  await run(["queue", "release", "--all"]);
  await waitFor("the delivery", () => upstream.messages.length === 1);
  expect(upstream.messages[0]!.octets.toString()).toContain("Subject: kept\r\n\r\ntext\r\n");
});

test("a restore keeps what was there beside", async () => {
  const folder = scene.folder();
  const waypost = await scene.waypost(folder, relaySettings({}));
  await waypost.stop();
  const { json } = commandsIn(folder);
  const file = path.join(folder, "waypost.tar");
  await json(["backup", file]);
  const restored = await json<{ replaced: string[]; files: string[] }>(["restore", file]);
  // The log of the database, if the server has left one, is kept with it.
  expect(restored.replaced.filter((kept) => !kept.endsWith("-wal"))).toHaveLength(restored.files.length + 1);
  for (const kept of restored.replaced) expect(fs.existsSync(kept), kept).toBe(true);
  expect(fs.readdirSync(path.join(folder, "data")).filter((name) => name.startsWith("."))).toEqual([]);
  await (await scene.waypost(folder, relaySettings({}))).stop();
});

test("what is no backup is refused, and nothing is touched", async () => {
  const folder = scene.folder();
  fs.writeFileSync(path.join(folder, "waypost.toml"), 'data_dir = "data"\n');
  const { run } = commandsIn(folder);
  const file = path.join(folder, "wrong.tar");
  expect(await run(["restore", file])).toMatchObject({ code: 1, err: expect.stringContaining("cannot be read") });
  fs.writeFileSync(file, "not a tar file");
  expect(await run(["restore", file])).toMatchObject({ code: 1, err: expect.stringContaining("is no backup") });
  fs.rmSync(file);
  const octets = Buffer.from("no database");
  const written = await open(file, "w");
  await writeTar(written, [{ name: "waypost.db", size: octets.length, modifiedAtSeconds: 0, octets: [octets] }]);
  await written.close();
  const ran = await run(["restore", file]);
  expect(ran.code).toBe(1);
  expect(fs.existsSync(path.join(folder, "data", "waypost.db"))).toBe(false);
});
