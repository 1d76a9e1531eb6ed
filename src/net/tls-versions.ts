import { constants } from "node:crypto";
import type { SecureContextOptions } from "node:tls";

/** The oldest TLS version that a listener takes. */
export type OldestTls = "1.0" | "1.1" | "1.2" | "1.3";

/** AEAD ciphers with forward secrecy: RFC 9325 section 4.2, and those of TLS 1.3. */
const MODERN = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
];
/** What devices know that know nothing newer than TLS 1.0 or 1.1. */
const OLD = [
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-RSA-AES128-SHA",
  "ECDHE-ECDSA-AES256-SHA",
  "ECDHE-RSA-AES256-SHA",
  "AES128-SHA",
  "AES256-SHA",
  // OpenSSL 3 leaves MD5 and SHA-1, with which TLS 1.0 and 1.1 sign, to this level alone.
  "@SECLEVEL=0",
];

/** What a server's TLS is made of that takes this version and newer ones. Deno knows 1.2 and 1.3 only. */
export function serverTls(oldest: OldestTls): SecureContextOptions {
  const isOld = oldest === "1.0" || oldest === "1.1";
  return {
    minVersion: oldest === "1.0" ? "TLSv1" : `TLSv${oldest}`,
    ciphers: [...MODERN, ...isOld ? OLD : []].join(":"),
    honorCipherOrder: true,
    // A client that renegotiates costs a server more than itself, and mail has no use for it.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
}
