/** One end of a connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** It is a proxy that did not say for whom it connects: nothing may be allowed for its address' sake. */
  readonly isProxy?: true;
}

/** What a TLS handshake agreed on. */
export interface TlsInfo {
  /** "TLSv1.3" and the like. */
  readonly protocol: string;
  readonly cipher: string;
  /** When the server's certificate expires; only where we were the client. */
  readonly peerExpiresAt?: number;
  /** The fingerprint of the peer's public key (tls.ts), on the client side. */
  readonly peerFingerprint?: string;
  /** The peer's certificate, DER, on the client side; certificate.ts reads it. */
  readonly peerCertificate?: Uint8Array;
}
