import { Buffer } from "node:buffer";
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/** The client's side of SCRAM-SHA-256 (RFC 5802 section 3, RFC 7677), for one exchange. Shares nothing with Waypost's own. */
export class ScramClient {
  readonly #header: string;
  readonly #bare: string;
  readonly #password: string;
  #serverSignature = "";

  /** @param header the GS2 header: "n,,", "y,," or one that asks for channel binding */
  constructor(login: string, password: string, header = "n,,", nonce: string = randomBytes(18).toString("base64")) {
    this.#header = header;
    this.#password = password;
    this.#bare = `n=${login.replaceAll("=", "=3D").replaceAll(",", "=2C")},r=${nonce}`;
  }

  /** client-first-message */
  first(): string {
    return this.#header + this.#bare;
  }

  /** client-final-message, given server-first-message. @throws when that is none */
  final(serverFirst: string): string {
    const [, nonce, salt, iterations] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(serverFirst) ?? [];
    if (!nonce || !salt) throw new Error(`this is no server-first-message: ${serverFirst}`);
    const withoutProof = `c=${Buffer.from(this.#header).toString("base64")},r=${nonce}`;
    const signed = [this.#bare, serverFirst, withoutProof].join(",");
    const salted = pbkdf2Sync(this.#password, Buffer.from(salt, "base64"), Number(iterations), 32, "sha256");
    const clientKey = hmac(salted, "Client Key");
    const clientSignature = hmac(createHash("sha256").update(clientKey).digest(), signed);
    this.#serverSignature = hmac(hmac(salted, "Server Key"), signed).toString("base64");
    const proof = Buffer.from(clientKey.map((octet, index) => octet ^ clientSignature[index]!));
    return `${withoutProof},p=${proof.toString("base64")}`;
  }

  /** Whether server-final-message proves that the server knows the password. */
  isProof(serverFinal: string): boolean {
    return serverFinal === `v=${this.#serverSignature}`;
  }
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
