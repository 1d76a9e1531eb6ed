import { hostname as machineName, networkInterfaces } from "node:os";
import { join } from "node:path";
import { type CertificateKeeper, type CertificateSource, keepCertificate } from "./net/certificate-keeper.ts";
import type { CertificatePair } from "./net/certificate-issue.ts";
import { ownNames } from "./net/own-names.ts";
import { TlsAcceptor } from "./net/tls.ts";
import type { OldestTls } from "./net/tls-versions.ts";
import type { Settings } from "./settings.ts";
import type { Clock } from "./wire/clock.ts";

/** Who runs the handshakes of the mail servers, by the oldest version that a listener takes. */
export interface Acceptors {
  /** Uses a certificate for handshakes from now on. */
  readonly use: (certificate: CertificatePair) => void;
  /** Gives the certificate of now, and each that takes its place. */
  readonly onChange: (take: (certificate: CertificatePair) => void) => void;
  /** A certificate must have been given before. */
  readonly of: (oldest: OldestTls) => TlsAcceptor;
}

/** Makes the acceptors as listeners ask for them. */
export function acceptorsOf(): Acceptors {
  const made = new Map<OldestTls, TlsAcceptor>();
  const takers: ((certificate: CertificatePair) => void)[] = [];
  let used: CertificatePair | undefined;
  return {
    use(certificate) {
      used = certificate;
      for (const acceptor of made.values()) acceptor.replace(certificate);
      for (const take of takers) take(certificate);
    },
    onChange(take) {
      takers.push(take);
      if (used) take(used);
    },
    of(oldest) {
      const found = made.get(oldest);
      if (found) return found;
      if (!used) throw new Error("there is no certificate yet");
      const acceptor = new TlsAcceptor(used, oldest);
      made.set(oldest, acceptor);
      return acceptor;
    },
  };
}

/** The certificate of the mail servers, looked after while they run. @throws CertificateError */
export async function mailCertificate(
  { settings, clock, tell }: {
    readonly settings: () => Settings;
    readonly clock: Clock;
    readonly tell: (level: "info" | "warn", text: string) => void;
  },
  use: (certificate: CertificatePair) => void,
): Promise<CertificateKeeper> {
  const keeper = await keepCertificate({
    source: () => sourceOf(settings()),
    use,
    clock,
    checkIntervalMs: () => settings().tls.checkIntervalMs,
    tell,
  });
  use(keeper.current());
  return keeper;
}

function sourceOf({ tls, dataDir, hostname }: Settings): CertificateSource {
  if (tls.certificate && tls.key) return { kind: "files", certificate: tls.certificate.path, key: tls.key.path };
  const names = ownNames(hostname, machineName(), tls.names, networkInterfaces());
  return { kind: "own", folder: join(dataDir, "tls"), names };
}
