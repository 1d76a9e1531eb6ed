import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { chmod, mkdir, readFile, rm } from "node:fs/promises";
import { isIPv6 } from "node:net";
import path from "node:path";
import { domainToASCII } from "node:url";
import type { CertificatePair } from "./certificate-issue.ts";
import { hasErrorCode, readFileIfThere, writeFileAtomic } from "./files.ts";

/** A certificate file or key file that cannot be used; the message says which, why and what was expected. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
}

/** A certificate chain and its private key, both PEM. */
export interface Certificate extends CertificatePair {
  /** When the certificate expires, in milliseconds since the epoch. */
  readonly notAfter: number;
}

/** A certificate signed by the own CA. */
export interface OwnCertificate extends Certificate {
  /** The CA's certificate: what devices have to trust. */
  readonly caPath: string;
}

/** The names that every own certificate carries beside the given ones. */
const localNames = ["localhost", "127.0.0.1", "::1"] as const;
/** An own certificate is renewed when less remains. */
const renewBeforeMs = 30 * 86_400_000;
const privateMode = 0o600;
const publicMode = 0o644;
const hostName = /^(?=.{1,253}$)[a-z0-9_*-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;

/**
 * Gives the certificate of the own CA, making what is missing: `ca.pem`, `ca.key`, `server.pem` and `server.key` in
 * `dir`. The server certificate is made anew when its names differ from those wanted, when less than 30 days remain, or
 * when it does not fit its key or the CA; the CA only when it is missing or has expired. A clock that stands before the
 * beginning of a certificate is taken to be wrong, and the certificate kept.
 * @param dir the folder for it, usually `tls` within the data folder
 * @param names host names and network addresses of this machine; the first names the certificate
 * @param now milliseconds since the epoch
 * @throws CertificateError when the CA's key is lost, or a file cannot be read
 */
export async function ensureCertificates(dir: string, names: readonly string[], now: number): Promise<OwnCertificate> {
  const wanted = [...new Set([...names, ...localNames].map(normalizeName))];
  await mkdir(dir, { recursive: true });
  const caPath = path.join(dir, "ca.pem");
  const certPath = path.join(dir, "server.pem");
  const keyPath = path.join(dir, "server.key");
  const current = await readOwn(caPath, certPath, keyPath);
  if (current && isGood(current, wanted, now)) return { ...current.pair, notAfter: expiry(current.server), caPath };

  // The library for it is large, and needed once a year.
  const { issueServer } = await import("./certificate-issue.ts");
  const ca = await ensureCa(caPath, path.join(dir, "ca.key"), wanted[0] ?? "waypost", now);
  const issued = await issueServer(ca, wanted, now);
  // A crash between the two leaves a pair that does not match, which the next start makes anew.
  await writeFileAtomic(keyPath, issued.key, privateMode);
  await writeFileAtomic(certPath, issued.cert, publicMode);
  return { ...issued, notAfter: expiry(new X509Certificate(issued.cert)), caPath };
}

/**
 * Reads a certificate chain and its private key, PEM, the server's own certificate first.
 * @throws CertificateError
 */
export async function loadCertificate(certPath: string, keyPath: string): Promise<Certificate> {
  const cert = await readPem(certPath, "a certificate");
  const key = await readPem(keyPath, "a private key");
  const certificate = parseCertificate(certPath, cert);
  const privateKey = parseKey(keyPath, key);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new CertificateError(
      `${keyPath} is not the key of the first certificate in ${certPath}; expected the server's own certificate first, and its key`,
    );
  }
  return { cert, key, notAfter: expiry(certificate) };
}

async function ensureCa(caPath: string, keyPath: string, hostname: string, now: number): Promise<CertificatePair> {
  const cert = await readFileIfThere(caPath);
  if (cert !== undefined && expiry(parseCertificate(caPath, cert)) > now) {
    if ((await readFileIfThere(keyPath)) === undefined) {
      throw new CertificateError(
        `${keyPath} is missing, so ${caPath} cannot sign a new certificate; put the key back, or remove ${caPath}: ` +
          "a new CA will be made, which every device has to trust anew",
      );
    }
    return await loadCertificate(caPath, keyPath);
  }
  const { issueCa } = await import("./certificate-issue.ts");
  const made = await issueCa(hostname, now);
  // In this order a crash leaves a key without a certificate, which the next start replaces.
  await rm(caPath, { force: true });
  await writeFileAtomic(keyPath, made.key, privateMode);
  await writeFileAtomic(caPath, made.cert, publicMode);
  return made;
}

interface OwnFiles {
  readonly pair: CertificatePair;
  readonly ca: X509Certificate;
  readonly server: X509Certificate;
  readonly key: KeyObject;
}

/** What stands in the folder, or undefined when a file is missing or is not what its name says. */
async function readOwn(caPath: string, certPath: string, keyPath: string): Promise<OwnFiles | undefined> {
  const [ca, cert, key] = await Promise.all([caPath, certPath, keyPath].map(readFileIfThere));
  if (ca === undefined || cert === undefined || key === undefined) return undefined;
  await chmod(keyPath, privateMode);
  try {
    return {
      pair: { cert, key },
      ca: parseCertificate(caPath, ca),
      server: parseCertificate(certPath, cert),
      key: parseKey(keyPath, key),
    };
  } catch (error) {
    if (error instanceof CertificateError) return undefined;
    throw error;
  }
}

function isGood({ ca, server, key }: OwnFiles, wanted: readonly string[], now: number): boolean {
  const names = new Set(readNames(server));
  // No certificate lasts longer than its CA: in the last days of the CA a new one would be no better.
  const lasts = expiry(server) - now >= renewBeforeMs || (expiry(server) > now && expiry(server) >= expiry(ca));
  return names.size === wanted.length && wanted.every((name) => names.has(name)) &&
    lasts && server.checkPrivateKey(key) && server.verify(ca.publicKey);
}

/** The names of a certificate. The two runtimes write addresses differently, so they are brought into one form. */
function readNames(certificate: X509Certificate): string[] {
  const entries = (certificate.subjectAltName ?? "").split(", ");
  return entries.map((entry) => normalizeName(entry.replace(/^(?:DNS|IP Address):/, "")));
}

/** Lower case and ASCII; an IPv6 address in its short form. */
function normalizeName(name: string): string {
  if (isIPv6(name)) return new URL(`http://[${name}]/`).hostname.slice(1, -1);
  const ascii = domainToASCII(name.toLowerCase());
  if (!hostName.test(ascii)) {
    throw new CertificateError(`"${name}" cannot stand in a certificate; expected a host name or an address`);
  }
  return ascii;
}

function expiry(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo);
}

async function readPem(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const why = hasErrorCode(cause, "ENOENT") ? "does not exist" : "cannot be read";
    throw new CertificateError(`${file} ${why}; expected ${what} in PEM`, { cause });
  }
}

function parseCertificate(file: string, pem: string): X509Certificate {
  if (!pem.includes("-----BEGIN CERTIFICATE-----")) {
    throw new CertificateError(`${file} holds no certificate; expected PEM with "BEGIN CERTIFICATE"`);
  }
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new CertificateError(`${file} holds a certificate that cannot be read`, { cause });
  }
}

function parseKey(file: string, pem: string): KeyObject {
  if (pem.includes("ENCRYPTED")) {
    throw new CertificateError(`${file} is protected by a passphrase; expected a private key without one`);
  }
  if (!/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(pem)) {
    throw new CertificateError(`${file} holds no private key; expected PEM with "BEGIN PRIVATE KEY"`);
  }
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new CertificateError(`${file} holds a private key that cannot be read`, { cause });
  }
}
