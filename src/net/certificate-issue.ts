// The certificate library finds its parts by decorators and wants this first.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { isIP } from "node:net";

/** A certificate and its private key, both PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

const dayMs = 86_400_000;
/** How long the CA is valid: devices are to be told of it once. */
const caDays = 3_652;
/** Validity of a server certificate in all: browsers and phones refuse more than 398 days. */
const serverDays = 397;
/** A certificate is valid from a day ago, for devices whose clocks are slow. */
const backdatedDays = 1;

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/**
 * Makes a certificate authority: ECDSA P-256, ten years, which signs server certificates and nothing below them.
 * @param hostname stands in its name, for people who see it in a list
 * @param now milliseconds since the epoch
 */
export async function issueCa(hostname: string, now: number): Promise<CertificatePair> {
  const keys = await makeKeys();
  // Several installations may share a host name; the mark tells them apart.
  const mark = [...crypto.getRandomValues(new Uint8Array(3))].map((octet) => octet.toString(16).padStart(2, "0")).join(
    "",
  );
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ O: ["Waypost"] }, { CN: [commonName(`Waypost CA ${mark} of ${hostname}`)] }],
    keys,
    notBefore: daysFrom(now, -backdatedDays),
    notAfter: daysFrom(now, caDays),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return exportPair(certificate, keys);
}

/**
 * Makes a server certificate signed by the CA: ECDSA P-256, at most 397 days and no longer than the CA.
 * @param names host names and network addresses, the first of which is the subject
 * @param now milliseconds since the epoch
 */
export async function issueServer(
  ca: CertificatePair,
  names: readonly string[],
  now: number,
): Promise<CertificatePair> {
  const keys = await makeKeys();
  const issuer = new x509.X509Certificate(ca.cert);
  const signingKey = await crypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(ca.key), algorithm, false, [
    "sign",
  ]);
  const notAfter = Math.min(daysFrom(now, serverDays - backdatedDays).getTime(), issuer.notAfter.getTime());
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [commonName(names[0] ?? "waypost")] }],
    issuer: issuer.subjectName,
    notBefore: daysFrom(now, -backdatedDays),
    notAfter: new Date(notAfter),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? "ip" as const : "dns" as const, value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return exportPair(certificate, keys);
}

function makeKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function exportPair(certificate: x509.X509Certificate, keys: CryptoKeyPair): Promise<CertificatePair> {
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { cert: `${certificate.toString("pem")}\n`, key: `${x509.PemConverter.encode(key, "PRIVATE KEY")}\n` };
}

/** X.509 counts whole seconds. */
function daysFrom(now: number, days: number): Date {
  return new Date(Math.floor((now + days * dayMs) / 1000) * 1000);
}

/** X.520 allows 64 characters. */
function commonName(text: string): string {
  return text.slice(0, 64);
}
