import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { commandsIn, wideLines } from "./support.ts";

const scene = createScene();

function prepared() {
  const folder = scene.folder();
  fs.writeFileSync(path.join(folder, "waypost.toml"), relaySettings({}));
  return commandsIn(folder);
}

test("users are added, given another role and removed from the command line; never the last owner", async () => {
  const { run, json } = prepared();
  expect(await run(["user", "list"])).toMatchObject({ code: 0, out: expect.stringContaining("No users yet") });
  const added = await run(["user", "add", "anna", "--role", "owner"]);
  expect(added.out).toMatch(/^user anna: added\nOne-time code, for 3 days: [0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\n/);
  expect(await run(["user", "add", "anna", "--role", "viewer"])).toMatchObject({
    code: 1,
    err: "waypost: there is a user of that name already\n",
  });
  expect(await run(["user", "password", "anna", "--password-stdin"], "battery staple\n")).toMatchObject({ code: 0 });
  expect(await run(["user", "password", "anna", "--password-stdin"], "short\n")).toMatchObject({ code: 1 });
  expect(await run(["user", "remove", "anna"])).toMatchObject({ code: 1, err: expect.stringContaining("last owner") });
  expect(await run(["user", "role", "anna", "--role", "viewer"])).toMatchObject({ code: 1 });
  const person = ["user", "add", "alice", "--role", "person", "--account", "ALICE@example.net", "--mail-password"];
  expect((await run(person)).out).toContain("signs in with the password of its account");
  expect(await run(["user", "add", "x", "--role", "person", "--account", "nobody"])).toMatchObject({ code: 1 });
  expect(await run(["user", "add", "x", "--role", "king"])).toMatchObject({ code: 2 });
  expect((await json<{ users: unknown[] }>(["user", "list"])).users).toMatchObject([
    { name: "anna", role: "owner", account: null, signsIn: "password" },
    { name: "alice", role: "person", account: "alice@example.net", signsIn: "account-password" },
  ]);
  expect(wideLines((await run(["user", "list"])).out)).toEqual([]);
  expect(await run(["user", "remove", "alice"])).toMatchObject({ code: 0 });
  expect(await run(["user", "remove", "alice"])).toMatchObject({ code: 1, err: expect.stringContaining("no user") });
});

test("an owner who lost the password gets in again, and a token opens what its scopes say, while the server runs", async () => {
  const folder = scene.folder();
  const waypost = await scene.waypost(folder, relaySettings({}));
  const { json } = commandsIn(folder);
  const base = `http://127.0.0.1:${waypost.dashboard[0]!.port}`;
  const { code } = await json<{ code: string }>(["user", "add", "anna", "--role", "owner"]);
  const form = { name: "anna", code, password: "battery staple", again: "battery staple" };
  const post = (target: string, fields: Record<string, string>) =>
    fetch(base + target, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { origin: base },
      redirect: "manual",
    });
  expect((await post("/welcome", form)).status).toBe(303);
  const lost = await json<{ code: string }>(["user", "password", "anna"]);
  expect((await post("/sign-in", { name: "anna", password: "battery staple" })).status).toBe(401);
  expect((await post("/welcome", { ...form, code: lost.code, password: "new battery", again: "new battery" })).status)
    .toBe(303);
  const { token } = await json<{ token: string }>(["token", "add", "prometheus", "--scope", "metrics,read"]);
  const ask = async (target: string) =>
    (await fetch(base + target, { headers: { authorization: `Bearer ${token}` } })).status;
  expect([await ask("/metrics"), await ask("/api/v1/queue"), await ask("/api/v1/tokens")]).toEqual([200, 200, 403]);
  expect((await json<{ tokens: unknown[] }>(["token", "list"])).tokens).toMatchObject([
    { name: "prometheus", scopes: ["read", "metrics"], createdBy: null },
  ]);
  await json(["token", "remove", "prometheus"]);
  expect(await ask("/metrics")).toBe(401);
});
