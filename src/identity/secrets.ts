import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { chmod } from "node:fs/promises";
import path from "node:path";
import { createFileAtomic, readFileIfThere } from "../net/files.ts";

/** A secret key or a sealed secret that cannot be used; the message says why and what to do, and shows neither. */
export class SecretError extends Error {
  override readonly name = "SecretError";
}

/** Keeps secrets that have to be read again, such as the password for an upstream. AES-256-GCM. */
export interface SecretBox {
  /** Names the key without telling it. */
  readonly keyId: string;
  /** Makes a text unreadable: `sealed.v1.<key id>.<base64url>`; another one each time. */
  seal(text: string): string;
  /**
   * Gives back what was sealed.
   * @throws SecretError when it was sealed by another key, was changed, or was never sealed
   */
  open(sealed: string): string;
  /** Another key, of 32 octets, for another purpose: the same each time, and no way back to this one. */
  keyFor(purpose: string): Uint8Array;
}

/** The key file within the data folder. */
export const secretKeyFile = "secret.key";

const keyOctets = 32;
const nonceOctets = 12;
const tagOctets = 16;
const privateMode = 0o600;
const sealedForm = /^(sealed\.v1\.([0-9a-f]{12}))\.([A-Za-z0-9_-]+)$/;

/**
 * Reads `secret.key` in the data folder, which is for the owner alone, or makes it.
 * @param make false where sealed secrets exist already: then a missing key is an error, not a new key
 * @throws SecretError
 */
export async function loadSecretBox(dataDir: string, make: boolean): Promise<SecretBox> {
  const file = path.join(dataDir, secretKeyFile);
  let text = await readFileIfThere(file);
  if (text === undefined && make) {
    await createFileAtomic(file, `${randomBytes(keyOctets).toString("base64")}\n`, privateMode);
    text = await readFileIfThere(file);
  }
  if (text === undefined) {
    throw new SecretError(
      `${file} is missing, so the stored passwords cannot be read; put it back from a backup, or enter the passwords anew`,
    );
  }
  const key = Buffer.from(text.trim(), "base64");
  if (key.length !== keyOctets || key.toString("base64") !== text.trim()) {
    throw new SecretError(`${file} holds no key; expected ${keyOctets} octets in base64. Put it back from a backup`);
  }
  await chmod(file, privateMode);
  return createSecretBox(key);
}

/**
 * Makes a box of a key.
 * @param key 32 octets
 */
export function createSecretBox(key: Uint8Array): SecretBox {
  const keyId = createHash("sha256").update("waypost secret key\0").update(key).digest("hex").slice(0, 12);
  const label = `sealed.v1.${keyId}`;
  return {
    keyId,
    seal(text) {
      const nonce = randomBytes(nonceOctets);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(label));
      const content = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return `${label}.${Buffer.concat([nonce, cipher.getAuthTag(), content]).toString("base64url")}`;
    },
    open(sealed) {
      const [, itsLabel, itsKeyId, body = ""] = sealedForm.exec(sealed) ?? [];
      if (itsLabel === undefined) {
        throw new SecretError("This is not a sealed secret; expected sealed.v1.<key id>.<base64url>");
      }
      if (itsKeyId !== keyId) {
        throw new SecretError(
          `The secret was sealed with the key ${itsKeyId}, but ${secretKeyFile} holds the key ${keyId}; ` +
            "put the former key back, or enter the secret anew",
        );
      }
      return decrypt(key, label, Buffer.from(body, "base64url"));
    },
    keyFor: (purpose) => createHmac("sha256", key).update(`waypost key for ${purpose}`).digest(),
  };
}

/** Whether a text has the form of a sealed secret. */
export function isSealed(text: string): boolean {
  return sealedForm.test(text);
}

function decrypt(key: Uint8Array, label: string, body: Buffer): string {
  const nonce = body.subarray(0, nonceOctets);
  const tag = body.subarray(nonceOctets, nonceOctets + tagOctets);
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagOctets });
    decipher.setAAD(Buffer.from(label)).setAuthTag(tag);
    return decipher.update(body.subarray(nonceOctets + tagOctets), undefined, "utf8") + decipher.final("utf8");
  } catch (cause) {
    throw new SecretError("The sealed secret was changed or cut; enter the secret anew", { cause });
  }
}
