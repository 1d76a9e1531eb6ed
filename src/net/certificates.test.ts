import { spawnSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import * as tls from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureCertificates, loadCertificate, type OwnCertificate } from "./certificates.ts";

const dayMs = 86_400_000;
const names = ["Waypost.lan", "192.168.1.2", "fe80::1:2"];
const hasOpenssl = spawnSync("openssl", ["version"], { timeout: 10_000 }).status === 0;
const now = Date.now();
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "waypost-tls-"));
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

const file = (name: string) => path.join(dir, name);
const read = (name: string) => readFile(file(name), "utf8");

/** Connects to a server with the certificate and gives what the client saw. */
async function connect(own: OwnCertificate, servername: string, ca: string): Promise<string | undefined> {
  const server = tls.createServer({ cert: own.cert, key: own.key }, (socket) => socket.end("hello"));
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = tls.connect({ port, host: "127.0.0.1", servername, ca });
  try {
    const [data] = await once(client, "data");
    return String(data);
  } finally {
    client.destroy();
    server.close();
  }
}

test("the first start makes a CA and a server certificate that a client can check", async () => {
  const own = await ensureCertificates(dir, names, now);
  expect(own.caPath).toBe(file("ca.pem"));
  expect((await readdir(dir)).sort()).toEqual(["ca.key", "ca.pem", "server.key", "server.pem"]);
  expect(await connect(own, "waypost.lan", await read("ca.pem"))).toBe("hello");
  expect(await connect(own, "localhost", await read("ca.pem"))).toBe("hello");
});

test("a client that expects another name, or trusts another CA, refuses", async () => {
  const own = await ensureCertificates(dir, names, now);
  const other = await ensureCertificates(path.join(dir, "other"), names, now);
  await expect(connect(own, "elsewhere.lan", await read("ca.pem"))).rejects.toThrow();
  await expect(connect(own, "waypost.lan", await readFile(other.caPath, "utf8"))).rejects.toThrow();
});

test("the certificates have the lives and the names they should", async () => {
  const own = await ensureCertificates(dir, names, now);
  const server = new X509Certificate(own.cert);
  const ca = new X509Certificate(await read("ca.pem"));
  const life = (certificate: X509Certificate) =>
    (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / dayMs;
  expect(life(server)).toBeLessThanOrEqual(397);
  expect(own.notAfter).toBe(Date.parse(server.validTo));
  expect(own.notAfter).toBeGreaterThan(now + 395 * dayMs);
  expect(Math.round(life(ca) / 365.25)).toBe(10);
  expect([ca.ca, server.ca, server.verify(ca.publicKey)]).toEqual([true, false, true]);
  expect(server.subjectAltName).toMatch(/^DNS:waypost.lan, IP Address:192.168.1.2, /);
  expect(createPrivateKey(own.key).asymmetricKeyDetails?.namedCurve).toMatch(/^(prime256v1|p256|P-256)$/);
});

test.skipIf(process.platform === "win32")("private keys are for the owner alone", async () => {
  await ensureCertificates(dir, names, now);
  for (const name of ["ca.key", "server.key"]) expect((await stat(file(name))).mode & 0o777).toBe(0o600);
});

test("later starts keep what is there, whatever the spelling and order of the names", async () => {
  const first = await ensureCertificates(dir, names, now);
  const later = await ensureCertificates(
    dir,
    ["FE80:0:0::1:2", "127.0.0.1", "waypost.LAN", "192.168.1.2"],
    now + 365 * dayMs,
  );
  expect(later).toEqual(first);
});

test("a clock that stands too early changes nothing", async () => {
  const first = await ensureCertificates(dir, names, now);
  expect(await ensureCertificates(dir, names, 0)).toEqual(first);
});

test("the server certificate is renewed by the same CA when 30 days remain or the names change", async () => {
  const first = await ensureCertificates(dir, names, now);
  const ca = await read("ca.pem");
  const renewed = await ensureCertificates(dir, names, first.notAfter - 29 * dayMs);
  expect(renewed.cert).not.toBe(first.cert);
  expect(renewed.notAfter).toBeGreaterThan(first.notAfter);
  const fewer = await ensureCertificates(dir, ["waypost.lan"], first.notAfter - 29 * dayMs);
  expect(new X509Certificate(fewer.cert).subjectAltName).not.toContain("192.168.1.2");
  expect(await read("ca.pem")).toBe(ca);
});

test("a pair that does not match, or is damaged, is made anew by the same CA", async () => {
  const first = await ensureCertificates(dir, names, now);
  const ca = await read("ca.pem");
  await writeFile(file("server.key"), await read("ca.key"));
  const second = await ensureCertificates(dir, names, now);
  await writeFile(file("server.pem"), "torn");
  const third = await ensureCertificates(dir, names, now);
  expect(new Set([first.cert, second.cert, third.cert]).size).toBe(3);
  expect(await loadCertificate(file("server.pem"), file("server.key"))).toMatchObject({ cert: third.cert });
  expect(await read("ca.pem")).toBe(ca);
});

test("an expired CA is replaced, a lost CA key is an error that says what to do", async () => {
  await ensureCertificates(dir, names, now);
  const ca = await read("ca.pem");
  await ensureCertificates(dir, names, now + 4000 * dayMs);
  expect(await read("ca.pem")).not.toBe(ca);
  await rm(file("ca.key"));
  await ensureCertificates(dir, names, now + 4000 * dayMs); // the server certificate is still good
  await expect(ensureCertificates(dir, ["new.lan"], now + 4000 * dayMs)).rejects.toThrow(
    /ca\.key is missing, so .*ca\.pem/,
  );
});

test("a CA of which only the key was written before a crash is made anew", async () => {
  await ensureCertificates(dir, names, now);
  await rm(file("ca.pem"));
  const own = await ensureCertificates(dir, names, now);
  expect(await connect(own, "waypost.lan", await read("ca.pem"))).toBe("hello");
});

test("a given certificate is read with its expiry", async () => {
  const own = await ensureCertificates(dir, names, now);
  const { cert, key, notAfter } = own;
  expect(await loadCertificate(file("server.pem"), file("server.key"))).toEqual({ cert, key, notAfter });
});

test.each([
  ["none.pem", "server.key", /none\.pem does not exist; expected a certificate in PEM/],
  ["server.pem", "none.key", /none\.key does not exist; expected a private key in PEM/],
  ["server.key", "server.key", /server\.key holds no certificate/],
  ["server.pem", "server.pem", /server\.pem holds no private key/],
  ["server.pem", "ca.key", /ca\.key is not the key of the first certificate in .*server\.pem/],
  ["torn.pem", "server.key", /torn\.pem holds a certificate that cannot be read/],
  ["server.pem", "torn.key", /torn\.key holds a private key that cannot be read/],
  ["server.pem", "locked.key", /locked\.key is protected by a passphrase/],
  [".", "server.key", /cannot be read; expected a certificate/],
])("certificate %s with key %s is a clear error", async (cert, key, message) => {
  await ensureCertificates(dir, names, now);
  await writeFile(file("torn.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  await writeFile(file("torn.key"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  await writeFile(
    file("locked.key"),
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
  );
  const failed = loadCertificate(file(cert), file(key));
  await expect(failed).rejects.toThrow(message);
  await expect(failed).rejects.toMatchObject({ name: "CertificateError" });
});

test("a name that no certificate can hold is named in the error", async () => {
  await expect(ensureCertificates(dir, ["not a host"], now)).rejects.toThrow(
    '"not a host" cannot stand in a certificate',
  );
});

test.skipIf(!hasOpenssl)(`openssl verifies the chain${hasOpenssl ? "" : " (skipped: no openssl here)"}`, async () => {
  await ensureCertificates(dir, names, now);
  const verify = (...more: string[]) =>
    spawnSync("openssl", [
      "verify",
      "-x509_strict",
      "-purpose",
      "sslserver",
      ...more,
      "-CAfile",
      file("ca.pem"),
      file("server.pem"),
    ], {
      encoding: "utf8",
      timeout: 10_000,
    });
  expect(verify("-verify_hostname", "waypost.lan").stdout).toContain("OK");
  expect(verify("-verify_ip", "::1").stdout).toContain("OK");
  expect(verify("-verify_hostname", "elsewhere.lan").status).not.toBe(0);
});
