import { stat } from "node:fs/promises";
import type { Clock } from "../wire/clock.ts";
import { type Certificate, ensureCertificates, loadCertificate } from "./certificates.ts";
import { describeError } from "./errors.ts";

/** Where a certificate comes from. */
export type CertificateSource =
  /** Files that somebody else renews. */
  | { readonly kind: "files"; readonly certificate: string; readonly key: string }
  /** The own CA in a folder, with the names that the certificate is to have. */
  | { readonly kind: "own"; readonly folder: string; readonly names: readonly string[] };

/** A certificate in use; `caPath` is what clients have to trust, null when it comes from elsewhere. */
export interface KeptCertificate extends Certificate {
  readonly caPath: string | null;
}

/** What a keeper needs. */
export interface KeeperPorts {
  /** Asked at each check: names, addresses and settings change. */
  readonly source: () => CertificateSource;
  /** Takes a certificate for the connections from now on. */
  readonly use: (certificate: KeptCertificate) => void;
  readonly clock: Clock;
  readonly checkIntervalMs: () => number;
  /** Something that the owner should know. */
  readonly tell: (level: "info" | "warn", text: string) => void;
}

/** Looks after a certificate while Waypost runs. */
export interface CertificateKeeper {
  readonly current: () => KeptCertificate;
  /** What is wrong with it at this moment, in a sentence, or null. */
  readonly problem: () => string | null;
  /** Looks whether there is a newer one. Never throws: what cannot be used is told, and the old one kept. */
  readonly check: () => Promise<void>;
  readonly stop: () => void;
}

/**
 * Reads or makes the certificate, and looks after it from then on.
 * @throws CertificateError when there is none to begin with
 */
export async function keepCertificate(ports: KeeperPorts): Promise<CertificateKeeper> {
  const { source, use, clock, tell } = ports;
  let seen = await stampOf(source());
  let current = await obtain(source(), clock.now());
  let fault: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | null = null;
  let stopped = false;

  async function look(): Promise<void> {
    const from = source();
    // Taken before the files are read: what is written meanwhile shows as another change.
    const stamp = await stampOf(from);
    if (from.kind === "files" && stamp === seen) return;
    seen = stamp;
    const next = await obtain(from, clock.now());
    fault = null;
    if (next.cert === current.cert && next.key === current.key) return;
    use(next);
    current = next;
    tell("info", `new connections get the certificate that is valid until ${dateOf(next.notAfter)}`);
  }

  async function check(): Promise<void> {
    try {
      await look();
    } catch (error) {
      const text = `the certificate in use stays, the new one cannot be used: ${describeError(error)}`;
      if (text !== fault) tell("warn", text);
      fault = text;
    }
  }

  const checkOnce = () => running ??= check().finally(() => running = null);
  const schedule = () => {
    if (stopped) return;
    timer = setTimeout(() => void checkOnce().finally(schedule), ports.checkIntervalMs());
    timer.unref();
  };
  schedule();
  return {
    current: () => current,
    problem: () => fault ?? ending(current, clock.now()),
    check: checkOnce,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function obtain(source: CertificateSource, now: number): Promise<KeptCertificate> {
  if (source.kind === "own") return await ensureCertificates(source.folder, source.names, now);
  return { ...await loadCertificate(source.certificate, source.key), caPath: null };
}

/** What changes when somebody writes one of the files; "" for the own CA, which is looked at each time. */
async function stampOf(source: CertificateSource): Promise<string> {
  if (source.kind === "own") return "";
  const stamps = await Promise.all([source.certificate, source.key].map(async (file) => {
    const found = await stat(file).catch((error: unknown) => describeError(error));
    return typeof found === "string" ? found : `${file} ${found.mtimeMs} ${found.size} ${found.ino}`;
  }));
  return stamps.join("\n");
}

/** Days that an own certificate has left only when its CA ends; a foreign one should have been renewed by then. */
const OWN_DAYS = 25;
const FOREIGN_DAYS = 7;
const DAY_MS = 86_400_000;

function ending({ notAfter, caPath }: KeptCertificate, now: number): string | null {
  if (now > notAfter) return `the certificate has expired on ${dateOf(notAfter)}: mail programs refuse it`;
  if (notAfter - now > (caPath === null ? FOREIGN_DAYS : OWN_DAYS) * DAY_MS) return null;
  return caPath === null
    ? `the certificate expires on ${dateOf(notAfter)}, and nobody has renewed its files yet`
    : `the own authority ends on ${dateOf(notAfter)}: devices will have to trust a new ${caPath}`;
}

function dateOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
