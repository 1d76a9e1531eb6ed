import { isIP } from "node:net";
import { type CertificateFacts, readCertificate } from "../net/certificate.ts";
import type { Connection } from "../net/connection.ts";
import { connect } from "../net/listener.ts";
import type { Clock } from "../wire/clock.ts";
import { diagnose, type Diagnosis, type FailedServer, type Remedy } from "./diagnosis.ts";
import type { Hop } from "./phases.ts";
import { noRecorder, SessionLog, type SessionRecord, type TranscriptLine } from "./session.ts";

/* A trial: a session up to the login that a person waits for, told line by line. It counts in no figures. */

/** A person waits for a trial: each wait of it ends sooner than the relay's would. */
export const TRIAL_WAIT_MS = 15_000;
/** A server that always says something, and never what it should, ends here. */
const TRIAL_MS = 60_000;

/** What a trial came to. */
export interface Trial {
  readonly ok: boolean;
  /** "TLSv1.3 TLS_AES_256_GCM_SHA384"; null: in the clear, or it did not get so far. */
  readonly tls: string | null;
  /** The certificate that the server has shown, trusted or not; null: none was seen. */
  readonly certificate: CertificateFacts | null;
  readonly durationMs: number;
  /** What was said, secrets redacted. */
  readonly transcript: readonly TranscriptLine[];
  /** What is wrong; null when it works. */
  readonly diagnosis: Diagnosis | null;
}

/** What a trial is made with. */
export interface TrialTools {
  readonly log: SessionLog;
  /** Makes a connection that ends when the trial has taken too long. */
  readonly connect: (host: string, port: number, timeoutMs: number) => Promise<Connection>;
}

/** What a trial found out beside its transcript. */
export interface Found<Facts> {
  readonly connection: Connection;
  readonly facts: Facts;
}

/**
 * Makes a trial; a failure is diagnosed, and a certificate that was not accepted is fetched to be looked at. Never throws.
 * @param run the session up to the login, and its goodbye
 * @param look a session that begins TLS without checking it and ends before the login
 */
export async function tryServer<Facts>(
  server: FailedServer & { readonly hop: Hop },
  clock: Clock,
  run: (tools: TrialTools) => Promise<Found<Facts>>,
  look: (tools: TrialTools) => Promise<Connection>,
): Promise<Trial & { readonly facts: Facts | null }> {
  let record: SessionRecord | undefined;
  const peer = { address: server.host, port: server.port };
  const log = new SessionLog(
    { id: 0, hop: server.hop, peer, localPort: 0 },
    { ...noRecorder, ended: (ended) => void (record = ended) },
    clock,
  );
  const limited = limitTime();
  const told = () => ({
    tls: record?.tls ?? null,
    durationMs: record?.durationMs ?? 0,
    transcript: record?.transcript ?? [],
  });
  try {
    const { connection, facts } = await run({ log, connect: limited.connect });
    log.end("completed");
    const certificate = certificateOf(connection);
    return { ok: true, ...told(), certificate, diagnosis: null, facts };
  } catch (error) {
    log.end("failed", error instanceof Error ? error.message : String(error));
    const diagnosis = diagnose(error, server);
    const isShown = diagnosis.certificateFault !== null;
    const certificate = isShown ? await lookAt(server, clock, limited.connect, look) : null;
    const remedy = diagnosis.certificateFault === "name" ? nameOf(certificate) : diagnosis.remedy;
    return {
      ok: false,
      ...told(),
      certificate,
      diagnosis: { ...diagnosis, remedy },
      facts: null,
    };
  } finally {
    limited.end();
  }
}

/** The certificate of a server that we do not trust; null where it shows none. Nothing else is asked or told. */
async function lookAt(
  server: FailedServer & { readonly hop: Hop },
  clock: Clock,
  connectTo: TrialTools["connect"],
  look: (tools: TrialTools) => Promise<Connection>,
): Promise<CertificateFacts | null> {
  const peer = { address: server.host, port: server.port };
  const log = new SessionLog({ id: 0, hop: server.hop, peer, localPort: 0 }, noRecorder, clock);
  try {
    return certificateOf(await look({ log, connect: connectTo }));
  } catch {
    // What is wrong was diagnosed already: without the certificate there is just less to show.
    return null;
  }
}

function certificateOf({ tls }: Connection): CertificateFacts | null {
  return tls?.peerCertificate === undefined ? null : readCertificate(tls.peerCertificate);
}

/** The name that the certificate is for: the server may well be known by it. */
function nameOf(certificate: CertificateFacts | null): Remedy | null {
  const host = certificate?.names.find((name) => /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(name) && !isIP(name));
  return host === undefined ? null : { host };
}

function limitTime() {
  const connections = new Set<Connection>();
  const endsAt = Date.now() + TRIAL_MS;
  const timer = setTimeout(() => {
    for (const connection of connections) {
      connection.interrupt(`timed out: the test took longer than ${TRIAL_MS / 1000} s`);
    }
  }, TRIAL_MS);
  return {
    async connect(host: string, port: number, timeoutMs: number): Promise<Connection> {
      const connection = await connect(host, port, Math.max(1, Math.min(timeoutMs, endsAt - Date.now())));
      connections.add(connection);
      return connection;
    },
    end() {
      clearTimeout(timer);
      for (const connection of connections) connection.destroy();
    },
  };
}
