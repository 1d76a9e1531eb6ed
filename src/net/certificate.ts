import { X509Certificate } from "node:crypto";
import { keyFingerprint } from "./tls.ts";

/** What a server's certificate says, for a person who decides whether to trust it. */
export interface CertificateFacts {
  /** Its common name, or the first name that it is for. */
  readonly subject: string;
  /** Who has signed it, by common name or organisation; the subject's own name: itself. */
  readonly issuer: string;
  /** The names and addresses that it is for. */
  readonly names: readonly string[];
  /** From when until when it is valid, milliseconds since the epoch; null: it does not say so legibly. */
  readonly validFromAt: number | null;
  readonly expiresAt: number | null;
  /** The fingerprint of its key, to be pinned (tls.ts). */
  readonly fingerprint: string;
}

/** Reads a certificate. @param der as the peer has sent it. @throws when it is none */
export function readCertificate(der: Uint8Array): CertificateFacts {
  const certificate = new X509Certificate(der);
  const names = namesOf(certificate.subjectAltName ?? "");
  return {
    subject: nameOf(certificate.subject) ?? names[0] ?? "",
    issuer: nameOf(certificate.issuer) ?? "",
    names,
    validFromAt: timeOf(certificate.validFrom),
    expiresAt: timeOf(certificate.validTo),
    fingerprint: keyFingerprint(der),
  };
}

/** The common name of a distinguished name, else its organisation: a line for each part, Node's with escapes. */
function nameOf(distinguished: string | undefined): string | undefined {
  const parts = (distinguished ?? "").split("\n");
  const found = parts.find((part) => part.startsWith("CN=")) ?? parts.find((part) => part.startsWith("O="));
  return found?.replace(/^[A-Z]+=/, "").replaceAll(/\\(.)/g, "$1");
}

/** "DNS:a.example, IP Address:192.0.2.1" without its kinds. */
function namesOf(subjectAltName: string): string[] {
  return subjectAltName.split(/,\s*/).flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry.trim())?.[1] ?? []);
}

function timeOf(text: string): number | null {
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}
