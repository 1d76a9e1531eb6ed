import { X509Certificate } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CertificateKeeper, type CertificateSource, keepCertificate } from "./certificate-keeper.ts";
import { ensureCertificates } from "./certificates.ts";

const DAY_MS = 86_400_000;
let folder: string;
let now: number;
let told: string[];
let used: string[];
let keeper: CertificateKeeper | undefined;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waypost-keeper-"));
  now = Date.now();
  told = [];
  used = [];
});
afterEach(async () => {
  keeper?.stop();
  await rm(folder, { recursive: true });
});

const file = (name: string) => path.join(folder, name);

async function keep(source: () => CertificateSource): Promise<CertificateKeeper> {
  keeper = await keepCertificate({
    source,
    use: ({ cert }) => void used.push(cert),
    clock: { now: () => now },
    checkIntervalMs: () => DAY_MS,
    tell: (level, text) => void told.push(`${level}: ${text}`),
  });
  return keeper;
}

/** A pair of files that somebody else renews, and another one to renew it with. */
async function pairs() {
  const old = await ensureCertificates(file("old"), ["old.example"], now);
  const fresh = await ensureCertificates(file("fresh"), ["fresh.example"], now);
  const source = { kind: "files", certificate: file("cert.pem"), key: file("key.pem") } as const;
  await copyFile(file("old/server.pem"), source.certificate);
  await copyFile(file("old/server.key"), source.key);
  return { old, fresh, source };
}

test("files that have changed are used for the connections from then on", async () => {
  const { old, fresh, source } = await pairs();
  const kept = await keep(() => source);
  expect(kept.current()).toMatchObject({ cert: old.cert, caPath: null });
  await kept.check();
  expect(used).toEqual([]);
  await copyFile(file("fresh/server.key"), source.key);
  await copyFile(file("fresh/server.pem"), source.certificate);
  await kept.check();
  expect(used).toEqual([fresh.cert]);
  expect(kept.current().cert).toBe(fresh.cert);
  expect(kept.problem()).toBeNull();
  expect(told).toEqual([expect.stringMatching(/^info: new connections get the certificate that is valid until 20/)]);
});

test("a pair of which only one half is written keeps the old one, says so once, and heals", async () => {
  const { old, fresh, source } = await pairs();
  const kept = await keep(() => source);
  await copyFile(file("fresh/server.pem"), source.certificate);
  await kept.check();
  await kept.check();
  expect(kept.current().cert).toBe(old.cert);
  expect(kept.problem()).toMatch(/^the certificate in use stays, .*key\.pem is not the key of the first certificate/);
  expect(told).toEqual([`warn: ${kept.problem()}`]);
  await copyFile(file("fresh/server.key"), source.key);
  await kept.check();
  expect(kept.problem()).toBeNull();
  expect(used).toEqual([fresh.cert]);
});

test.each([
  ["half a file", "-----BEGIN CERTIFICATE-----\nAAAA", /holds a certificate that cannot be read/],
  ["an empty file", "", /holds no certificate/],
  ["no file", null, /does not exist/],
])("%s is no certificate, and the old one stays", async (_, content, why) => {
  const { old, source } = await pairs();
  const kept = await keep(() => source);
  if (content === null) await rm(source.certificate);
  else await writeFile(source.certificate, content);
  await kept.check();
  expect(kept.problem()).toMatch(why);
  expect(kept.current().cert).toBe(old.cert);
  await copyFile(file("old/server.pem"), source.certificate);
  await kept.check();
  expect([kept.problem(), used]).toEqual([null, []]);
});

test("a certificate that has expired is a problem even while its files stay", async () => {
  const { old, source } = await pairs();
  const kept = await keep(() => source);
  expect(kept.problem()).toBeNull();
  now = old.notAfter - 6 * DAY_MS;
  expect(kept.problem()).toMatch(/expires on 20\d\d-\d\d-\d\d, and nobody has renewed/);
  now = old.notAfter + 1;
  expect(kept.problem()).toMatch(/has expired on 20\d\d-\d\d-\d\d/);
});

test("the own certificate is renewed 30 days before it ends, by the same CA", async () => {
  const source = { kind: "own", folder: file("tls"), names: ["waypost.lan"] } as const;
  const kept = await keep(() => source);
  const ca = await readFile(file("tls/ca.pem"), "utf8");
  const first = kept.current();
  now = first.notAfter - 31 * DAY_MS;
  await kept.check();
  expect(used).toEqual([]);
  now = first.notAfter - 29 * DAY_MS;
  await kept.check();
  expect(used).toHaveLength(1);
  const second = kept.current();
  expect(second.notAfter).toBeGreaterThan(first.notAfter);
  expect(new X509Certificate(second.cert).verify(new X509Certificate(ca).publicKey)).toBe(true);
  expect(await readFile(file("tls/ca.pem"), "utf8")).toBe(ca);
  expect(ca.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
});

test("in the last days of the own CA nothing is made anew, and the owner is told; then comes another CA", async () => {
  const source = { kind: "own", folder: file("tls"), names: ["waypost.lan"] } as const;
  const kept = await keep(() => source);
  const ca = await readFile(file("tls/ca.pem"), "utf8");
  const end = Date.parse(new X509Certificate(ca).validTo);
  now = end - 40 * DAY_MS;
  await kept.check();
  expect(kept.current().notAfter).toBe(end);
  now = end - 20 * DAY_MS;
  await kept.check();
  await kept.check();
  expect(used).toHaveLength(1);
  expect(kept.problem()).toMatch(/the own authority ends on .*: devices will have to trust a new .*ca\.pem/);
  now = end + DAY_MS;
  await kept.check();
  expect(used).toHaveLength(2);
  expect(await readFile(file("tls/ca.pem"), "utf8")).not.toBe(ca);
});

test("the own certificate follows the names and addresses of the machine", async () => {
  let names = ["waypost.lan"];
  const kept = await keep(() => ({ kind: "own", folder: file("tls"), names }));
  names = ["waypost.lan", "192.168.1.2"];
  await kept.check();
  expect(new X509Certificate(kept.current().cert).checkIP("192.168.1.2")).toBe("192.168.1.2");
  expect(used).toEqual([kept.current().cert]);
});

test("an own certificate that cannot be renewed stays in use", async () => {
  const kept = await keep(() => ({ kind: "own", folder: file("tls"), names: ["waypost.lan"] }));
  const first = kept.current();
  await rm(file("tls/ca.key"));
  now = first.notAfter - DAY_MS;
  await kept.check();
  expect(kept.problem()).toMatch(/ca\.key is missing/);
  expect(kept.current().cert).toBe(first.cert);
});

test("a start without a certificate that can be used is an error", async () => {
  await expect(keep(() => ({ kind: "files", certificate: file("none.pem"), key: file("none.key") }))).rejects.toThrow(
    /none\.pem does not exist/,
  );
});
