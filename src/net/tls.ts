import { createHash, X509Certificate } from "node:crypto";
import type { Duplex } from "node:stream";
import process from "node:process";
import * as tls from "node:tls";
import type { Socket } from "node:net";
import type { Connection, TlsInfo } from "./connection.ts";
import { beginsWithTls, FOREIGN_CAUSES } from "../wire/foreign.ts";
import { ClearTextError, DeadlineError, TlsError } from "./errors.ts";
import { type OldestTls, serverTls } from "./tls-versions.ts";

/** How the client side of TLS checks the server. */
export interface ClientTls {
  /** The name the certificate must carry. */
  readonly serverName: string;
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca?: string | undefined;
  /** False: any certificate is taken, and anybody may read along. */
  readonly verify?: boolean | undefined;
  /**
   * The server's public key as `keyFingerprint` writes it. It alone counts then: not the certificate's name, its
   * authority, or its expiry.
   */
  readonly fingerprint?: string | undefined;
  readonly timeoutMs: number;
}

const TO_BEGIN = "the TLS handshake to begin; a client that waits for a greeting is set to begin in the clear";

interface Handshake {
  readonly raw: Socket;
  readonly resolve: (socket: tls.TLSSocket) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The server side of TLS for connections that were accepted in the clear: from the first octet or after STARTTLS.
 *
 * The handshake goes through `tls.Server`'s "connection" event: on Deno a `TLSSocket` with `isServer` would hand the raw
 * ClientHello to the application as if it were data. The server tells which handshake has ended only by the
 * addresses of both sides, which no two open connections share.
 */
export class TlsAcceptor {
  readonly #server: tls.Server;
  readonly #waiting = new Map<string, Handshake>();

  readonly #versions: tls.SecureContextOptions;

  /**
   * @param credentials certificate chain and private key, PEM
   * @param oldest the oldest version that clients may use
   */
  constructor(credentials: { cert: string; key: string }, oldest: OldestTls = "1.2") {
    this.#versions = serverTls(oldest);
    this.#server = tls.createServer({ ...credentials, ...this.#versions });
    this.#server.on("secureConnection", (socket) => this.#waiting.get(keyOf(socket))?.resolve(socket));
    this.#server.on("tlsClientError", (cause, socket) => {
      const error = new TlsError("TLS handshake failed", { cause });
      this.#waiting.get(keyOf(socket))?.reject(error);
      // A socket that is gone has lost its address: what else waits on a destroyed socket has failed as well.
      for (const handshake of this.#waiting.values()) if (handshake.raw.destroyed) handshake.reject(error);
    });
  }

  /** Uses another certificate for handshakes from now on. */
  replace(credentials: { cert: string; key: string }): void {
    this.#server.setSecureContext({ ...credentials, ...this.#versions });
  }

  /**
   * Runs the handshake of a connection that begins with TLS.
   * @throws ClearTextError when the client begins in the clear; the connection can be used then
   * @throws TlsError, DeadlineError
   */
  async acceptAtOnce(connection: Connection, timeoutMs: number): Promise<void> {
    const expiresAt = Date.now() + timeoutMs;
    for (let octets = 1;; octets++) {
      const opening = await connection.peek(octets, octets, expiresAt, TO_BEGIN);
      const decided = beginsWithTls(opening);
      if (opening.length < octets) throw new TlsError("the client closed before the TLS handshake");
      if (decided === false) throw new ClearTextError(FOREIGN_CAUSES.clear);
      if (decided) break;
    }
    await this.#upgrade(connection, Math.max(0, expiresAt - Date.now()), "given");
  }

  /**
   * Runs the handshake after STARTTLS; what the client has sent before it is dropped.
   * @throws TlsError, DeadlineError
   */
  async accept(connection: Connection, timeoutMs: number): Promise<void> {
    await this.#upgrade(connection, timeoutMs, "dropped");
  }

  async #upgrade(connection: Connection, timeoutMs: number, unread: "dropped" | "given"): Promise<void> {
    await connection.upgrade(async (stream) => {
      const socket = stream as Socket;
      const secured = await this.#handshake(socket, timeoutMs);
      pauseTogether(secured, socket);
      return { stream: secured, tls: describe(secured) };
    }, unread);
  }

  #handshake(socket: Socket, timeoutMs: number): Promise<tls.TLSSocket> {
    const key = keyOf(socket);
    return new Promise<tls.TLSSocket>((resolve, reject) => {
      const { allowHalfOpen } = socket;
      const finish = (act: () => void) => {
        clearTimeout(timer);
        socket.off("error", onError);
        socket.off("close", onClose);
        this.#waiting.delete(key);
        act();
      };
      const fail = (error: Error) => finish(() => reject(error));
      const onError = (cause: Error) => fail(new TlsError("connection broke during the TLS handshake", { cause }));
      const onClose = () => fail(new TlsError("the peer closed during the TLS handshake"));
      const timer = setTimeout(() => fail(new DeadlineError("timed out in the TLS handshake")), timeoutMs);
      socket.on("error", onError);
      socket.on("close", onClose);
      const succeed = (secured: tls.TLSSocket) => {
        secured.allowHalfOpen = allowHalfOpen;
        finish(() => resolve(secured));
      };
      this.#waiting.set(key, { raw: socket, resolve: succeed, reject: fail });
      // Within the handshake a peer that closes its side has given up: without this it would be waited for.
      socket.allowHalfOpen = false;
      this.#server.emit("connection", socket);
    });
  }
}

function keyOf(socket: Pick<Socket, "remoteAddress" | "remotePort" | "localPort">): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`;
}

/** What Node adds to the errors of a certificate that nobody trusted has signed. */
const RUNTIME_ADVICE = /; if the root CA is installed locally, try running Node\.js with --use-system-ca$/;

/**
 * Runs the TLS handshake as client and checks the server's certificate and name.
 * @throws TlsError, DeadlineError
 */
export async function secureClient(connection: Connection, options: ClientTls): Promise<void> {
  await connection.upgrade((stream) =>
    new Promise<{ stream: Duplex; tls: TlsInfo }>((resolve, reject) => {
      const secured = tls.connect({
        socket: stream as Socket,
        servername: isIpAddress(options.serverName) ? "" : options.serverName,
        host: options.serverName,
        minVersion: "TLSv1.2",
        rejectUnauthorized: options.verify !== false && options.fingerprint === undefined,
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      });
      const fail = (error: Error) => {
        clearTimeout(timer);
        secured.destroy();
        reject(error);
      };
      const onError = (cause: Error) => {
        // Whoever reads it runs Waypost, with settings of its own for that, and no Node.js with options.
        cause.message = cause.message.replace(RUNTIME_ADVICE, "");
        fail(new TlsError(`TLS with ${options.serverName} failed`, { cause }));
      };
      const timer = setTimeout(
        () => fail(new DeadlineError(`timed out in the TLS handshake with ${options.serverName}`)),
        options.timeoutMs,
      );
      // Stays: a second error, or one after the handshake, must be heard by somebody.
      secured.on("error", onError);
      secured.once("close", () => fail(new TlsError(`${options.serverName} closed during the TLS handshake`)));
      secured.once("secureConnect", () => {
        clearTimeout(timer);
        const peer = peerOf(secured);
        if (options.fingerprint !== undefined && peer.peerFingerprint !== options.fingerprint) {
          const shown = peer.peerFingerprint ?? "no key";
          return fail(new TlsError(`the key of ${options.serverName} is not the pinned one: it has ${shown}`));
        }
        pauseTogether(secured, stream as Socket);
        resolve({ stream: secured, tls: { ...describe(secured), ...peer } });
      });
    })
  );
}

/**
 * Makes a TLS socket that is paused leave unread octets with the peer.
 *
 * On Deno (2.9) a paused TLS socket reads on and keeps what it deciphers, without limit: a peer that is faster than the
 * disk fills the memory with its message. Node stops reading by itself.
 */
function pauseTogether(secured: tls.TLSSocket, raw: Socket): void {
  const { _handle: handle } = raw as { _handle?: { readStop?: () => void; readStart?: () => void } };
  if (!process.versions.deno || !handle?.readStop || !handle.readStart) return;
  secured.on("pause", () => handle.readStop?.());
  secured.on("resume", () => {
    if (!raw.destroyed && !secured.destroyed) handle.readStart?.();
  });
}

function isIpAddress(name: string): boolean {
  return /^[0-9.]+$/.test(name) || name.includes(":");
}

/** What is known of the server's certificate. */
function peerOf(socket: tls.TLSSocket): Pick<TlsInfo, "peerExpiresAt" | "peerFingerprint" | "peerCertificate"> {
  const certificate = socket.getPeerCertificate();
  const at = Date.parse(certificate?.valid_to ?? "");
  return {
    ...Number.isNaN(at) ? {} : { peerExpiresAt: at },
    ...certificate?.raw ? { peerFingerprint: keyFingerprint(certificate.raw), peerCertificate: certificate.raw } : {},
  };
}

/**
 * The fingerprint of a certificate's public key: "sha256:" and 64 hex digits of its SubjectPublicKeyInfo's SHA-256, as
 * `openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | sha256sum` gives it. It stays when a certificate is
 * renewed with the same key.
 * @param certificate DER
 */
export function keyFingerprint(certificate: Uint8Array): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  return `sha256:${createHash("sha256").update(key).digest("hex")}`;
}

function describe(socket: tls.TLSSocket): TlsInfo {
  return { protocol: socket.getProtocol() ?? "TLS", cipher: socket.getCipher()?.name ?? "unknown" };
}
