import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { CertificateError, loadCertificate } from "../../net/certificates.ts";
import { readFileIfThere } from "../../net/files.ts";
import type { Settings } from "../../settings.ts";
import { showDuration, showTime } from "../output/figures.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

const DAY_MS = 86_400_000;
/** A certificate from elsewhere is to be renewed when less remains. */
const SOON_MS = 21 * DAY_MS;

/** Tests the certificates that clients see, and whether the clock fits them. */
export async function examineCertificates({ tls, dataDir }: Settings, now: number): Promise<Finding[]> {
  const about = "certificate";
  if (tls.certificate && tls.key) {
    const { path, pem } = tls.certificate;
    return [
      ...await examinePair(path, tls.key.path),
      judge(about, path, pem, now, "renew it: the server notices by itself"),
    ];
  }
  const findings: Finding[] = [];
  const renewed = "start the server: it makes a new one, and renews it while it runs";
  const caAdvice = "restart the server: it makes a new CA, which every client has to trust anew";
  for (const [name, advice] of [["server.pem", renewed], ["ca.pem", caAdvice]] as const) {
    const file = join(dataDir, "tls", name);
    const pem = await readFileIfThere(file);
    if (pem !== undefined) findings.push(judge(about, file, pem, now, advice));
  }
  return findings.length > 0 ? findings : [ok(about, "none yet; the first start makes an own CA and a certificate")];
}

/** A running server keeps the old certificate while the files do not fit each other; one that starts cannot. */
async function examinePair(certificate: string, key: string): Promise<Finding[]> {
  try {
    await loadCertificate(certificate, key);
    return [];
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    return [problem("certificate", error.message, "put the certificate and the key that belongs to it there")];
  }
}

/** Judges a certificate by its dates. Pure. */
export function judge(about: string, file: string, pem: string, now: number, advice: string): Finding {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch (error) {
    return problem(about, `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, advice);
  }
  const from = Date.parse(certificate.validFrom);
  const until = Date.parse(certificate.validTo);
  if (now < from) {
    const text = `${file} is valid from ${showTime(from)} on, and the clock says ${showTime(now)}`;
    return problem("clock", text, "set the clock (timedatectl), and keep it right by NTP");
  }
  if (now > until) return problem(about, `${file} has expired ${showTime(until)}`, advice);
  const text = `${file} is valid until ${showTime(until)}, for ${showDuration(until - now)}`;
  return until - now < SOON_MS ? warning(about, text, advice) : ok(about, text);
}
