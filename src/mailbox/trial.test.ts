import { expect, test } from "vitest";
import { createScene } from "../../tests/support/scene.ts";
import { sourceMessage, startSource } from "../../tests/support/scripted-source.ts";
import { Secret } from "../wire/secret.ts";
import { sourceOf } from "./support.ts";
import { trySource } from "./trial.ts";

const scene = createScene();

test("a trial counts what lies on the source, fetches nothing, and never shows the password", async () => {
  const messages = [1_000, 2_000].map((size, index) => sourceMessage(`u${index}`, new Uint8Array(size).fill(97)));
  const server = await startSource(messages);
  scene.atEnd(() => server.stop());
  const source = sourceOf({ host: "127.0.0.1", port: server.port, tls: "off", password: new Secret("correct horse") });
  const trial = await trySource(source);
  expect(trial).toMatchObject({ ok: true, content: { messages: 2, octets: 3_000, sizes: [1_000, 2_000] } });
  expect(trial.capabilities).toEqual(["UIDL", "USER", "TOP", "PIPELINING"]);
  expect(JSON.stringify(trial)).not.toContain("correct horse");
  expect(server.commands.filter((command) => /^(RETR|TOP|DELE)/.test(command))).toEqual([]);
});

test("an untrusted certificate is shown, and pinned it is enough", async () => {
  const server = await startSource([], 0, await scene.certificate());
  scene.atEnd(() => server.stop());
  const source = sourceOf({ host: "127.0.0.1", port: server.port, tls: "implicit" });
  const trial = await trySource(source);
  expect(trial).toMatchObject({ ok: false, content: null, diagnosis: { certificateFault: "untrusted" } });
  expect(server.commands).not.toContain("USER alice");
  const fingerprint = trial.certificate?.fingerprint;
  expect(await trySource(sourceOf({ ...source, fingerprint }))).toMatchObject({ ok: true, content: { messages: 0 } });
});

test("an SMTP server is none, and its port is guessed", async () => {
  const { port } = await scene.upstream();
  const trial = await trySource(sourceOf({ host: "127.0.0.1", port, tls: "off" }));
  expect(trial.diagnosis).toMatchObject({ fault: expect.stringContaining("another protocol than POP3") });
  expect(trial.diagnosis?.remedy).toEqual({ port: 995, tls: "implicit" });
});
