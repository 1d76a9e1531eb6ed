/** One end of a connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What a TLS handshake agreed on. */
export interface TlsInfo {
  /** "TLSv1.3" and the like. */
  readonly protocol: string;
  readonly cipher: string;
  /** When the server's certificate expires; only where we were the client. */
  readonly peerExpiresAt?: number;
}
