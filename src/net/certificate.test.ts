import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { createScene } from "../../tests/support/scene.ts";
import { readCertificate } from "./certificate.ts";
import { keyFingerprint } from "./tls.ts";

const scene = createScene();

test("a certificate tells whose it is, for which names, who signed it, until when, and its key", async () => {
  const { cert } = await scene.certificate();
  const { raw } = new X509Certificate(cert);
  const facts = readCertificate(raw);
  expect(facts).toMatchObject({ names: expect.arrayContaining(["127.0.0.1"]), fingerprint: keyFingerprint(raw) });
  expect(facts.subject).not.toBe("");
  expect(facts.issuer).not.toBe(facts.subject);
  expect(facts.validFromAt).toBeLessThan(Date.now());
  expect(facts.expiresAt).toBeGreaterThan(Date.now());
});
