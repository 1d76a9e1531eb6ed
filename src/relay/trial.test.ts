import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { createScene } from "../../tests/support/scene.ts";
import { startSource } from "../../tests/support/scripted-source.ts";
import { keyFingerprint } from "../net/tls.ts";
import { parseEntry, type Upstream } from "../settings.ts";
import { tryUpstream } from "./trial.ts";

const scene = createScene();
const login = { username: "office", password: "correct horse" };

function upstreamOf(value: Record<string, unknown>): Upstream {
  const parsed = parseEntry("upstream", { name: "home", host: "127.0.0.1", tls: "starttls", ...value });
  if ("errors" in parsed) throw new Error(JSON.stringify(parsed.errors));
  return parsed.entry;
}

test("a trial that succeeds tells TLS, the certificate and what is offered, and never the password", async () => {
  const certificate = await scene.certificate();
  const { port } = await scene.upstream({ certificate, login });
  const trial = await tryUpstream(upstreamOf({ port, ca: certificate.caPath, ...login }), "waypost.lan");
  expect(trial).toMatchObject({ ok: true, diagnosis: null, tls: expect.stringContaining("TLSv1.") });
  expect(trial.extensions).toContain("AUTH PLAIN");
  expect(trial.certificate?.names).toContain("127.0.0.1");
  expect(JSON.stringify(trial)).not.toContain(btoa("\0office\0correct horse"));
});

test("an untrusted certificate is shown, no login is tried, and pinned it is enough", async () => {
  const certificate = await scene.certificate();
  const upstream = await scene.upstream({ certificate, login });
  const { port } = upstream;
  const trial = await tryUpstream(upstreamOf({ port, ...login }), "waypost.lan");
  const fingerprint = keyFingerprint(new X509Certificate(certificate.cert).raw);
  expect(trial).toMatchObject({
    ok: false,
    certificate: { fingerprint },
    diagnosis: { certificateFault: "untrusted" },
  });
  expect(JSON.stringify(trial.transcript)).not.toContain("AUTH");
  const pinned = await tryUpstream(upstreamOf({ port, fingerprint, ...login }), "waypost.lan");
  expect(pinned).toMatchObject({ ok: true, diagnosis: null, certificate: { fingerprint } });
});

test("another key than the pinned one is shown too", async () => {
  const certificate = await scene.certificate();
  const { port } = await scene.upstream({ certificate });
  const trial = await tryUpstream(upstreamOf({ port, fingerprint: `sha256:${"0".repeat(64)}` }), "waypost.lan");
  const fingerprint = keyFingerprint(new X509Certificate(certificate.cert).raw);
  expect(trial).toMatchObject({ diagnosis: { certificateFault: "pinned" }, certificate: { fingerprint } });
});

test("a wrong password and a POP3 server are told apart", async () => {
  const certificate = await scene.certificate();
  const { port } = await scene.upstream({ certificate, login });
  const wrong = { ...login, password: "wrong", ca: certificate.caPath };
  const refused = await tryUpstream(upstreamOf({ port, ...wrong }), "waypost.lan");
  expect(refused.diagnosis).toMatchObject({ fault: "the server does not accept the login office", remedy: null });
  const source = await startSource([]);
  scene.atEnd(() => source.stop());
  const other = await tryUpstream(upstreamOf({ port: source.port, tls: "off" }), "waypost.lan");
  expect(other.diagnosis).toMatchObject({ fault: expect.stringContaining("another protocol than SMTP") });
  expect(other.diagnosis?.remedy).toEqual({ port: 587, tls: "starttls" });
});
