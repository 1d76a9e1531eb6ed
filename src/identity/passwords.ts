import { Buffer } from "node:buffer";
import { createHmac, randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** What a check of a password costs. RFC 7914 section 2. */
interface ScryptCost {
  /** Binary logarithm of N; a check needs 2^ln × r × 128 octets of memory. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

interface PasswordHash extends ScryptCost {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/**
 * 16 MB and about 30 ms on a desktop processor, some 200 ms on a Raspberry Pi 3. Twice that (ln=15) would take as much
 * memory for one login as the relay may use above idle for a message of 50 MB.
 */
const defaultCost: ScryptCost = { ln: 14, r: 8, p: 1 };
/** A hash from elsewhere may cost more, up to 256 MB: beyond, a login could bring the machine down. */
const maxCost = { memoryOctets: 256 * 1024 * 1024, p: 16 } as const;

const saltOctets = 16;
const hashOctets = 32;
const phcString = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{6,86})\$([A-Za-z0-9+/]{22,86})$/;

/** Checks passwords, a few at a time, so that many logins at once cost no more memory than those few. */
export interface PasswordChecker {
  /**
   * Whether the password is the one that was hashed.
   * @param hash undefined for an unknown login: the answer is false and takes as long as for a known one
   * @throws RangeError when the hash is none
   */
  check(password: string, hash: string | undefined): Promise<boolean>;
}

/** Hashes a password into a string of the form `$scrypt$ln=14,r=8,p=1$salt$hash`. */
export async function hashPassword(password: string, salt: Uint8Array = randomBytes(saltOctets)): Promise<string> {
  const hash = await deriveKey(password, { ...defaultCost, salt: Buffer.from(salt) }, hashOctets);
  const { ln, r, p } = defaultCost;
  return `$scrypt$ln=${ln},r=${r},p=${p}$${encodeUnpadded(salt)}$${encodeUnpadded(hash)}`;
}

/**
 * Whether a password is the one that was hashed; in a time that does not depend on how far they agree.
 * @throws RangeError when the hash is none
 */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const parsed = parseHash(hash);
  if (!parsed) throw new RangeError("The stored password is not a hash; expected $scrypt$ln=…,r=…,p=…$salt$hash");
  return timingSafeEqual(await deriveKey(password, parsed, parsed.hash.length), parsed.hash);
}

/** Whether a text is a hash that `verifyPassword` takes. */
export function isHash(text: string): boolean {
  return parseHash(text) !== undefined;
}

/**
 * Makes a checker. No more than `concurrency` checks run at once, which bounds their memory; others wait in turn. The
 * last `remembered` passwords that were right are kept as keyed digests, so that a client that logs in each minute does
 * not cost a hash each time: only who knows the password can find it quick.
 */
export function createPasswordChecker(concurrency = 1, remembered = 256): PasswordChecker {
  const limit = createLimit(concurrency);
  const digestKey = randomBytes(32);
  const right = new Set<string>();
  let unknownHash: Promise<string> | undefined;

  function remember(digest: string): void {
    right.delete(digest);
    right.add(digest);
    for (const oldest of right) {
      if (right.size <= remembered) break;
      right.delete(oldest);
    }
  }

  return {
    async check(password, hash) {
      if (hash === undefined) {
        unknownHash ??= limit(() => hashPassword(randomBytes(saltOctets).toString("hex")));
        const decoy = await unknownHash;
        await limit(() => verifyPassword(password, decoy));
        return false;
      }
      const digest = createHmac("sha256", digestKey).update(`${hash}\0${password}`).digest("base64");
      const matches = right.has(digest) || await limit(() => verifyPassword(password, hash));
      if (matches) remember(digest);
      return matches;
    },
  };
}

function parseHash(text: string): PasswordHash | undefined {
  const [, ln = "", r = "", p = "", salt = "", hash = ""] = phcString.exec(text) ?? [];
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  if (cost.ln < 1 || cost.r < 1 || cost.p < 1 || cost.p > maxCost.p) return undefined;
  if (memoryOctets(cost) > maxCost.memoryOctets) return undefined;
  return { ...cost, salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") };
}

function memoryOctets(cost: ScryptCost): number {
  return 2 ** cost.ln * cost.r * 128;
}

/** A password is compared in Unicode's composed form, as RFC 8265 section 4.2 asks: keyboards differ in that. */
function deriveKey(password: string, cost: ScryptCost & { salt: Buffer }, octets: number): Promise<Buffer> {
  const options = { N: 2 ** cost.ln, r: cost.r, p: cost.p, maxmem: 2 * memoryOctets(cost) + 1024 * 1024 };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFC"), cost.salt, octets, options, (error, key) => error ? reject(error) : resolve(key));
  });
}

function encodeUnpadded(octets: Uint8Array): string {
  return Buffer.from(octets).toString("base64").replace(/=+$/, "");
}

/** Runs at most `concurrency` tasks at once, the others in the order in which they came. */
function createLimit(concurrency: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running < concurrency) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve)); // the one that ends hands over its place
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
