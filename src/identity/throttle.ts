import { isIPv6 } from "node:net";

/** Who tries to log in, and from where. */
export interface LoginAttempt {
  /** The client's network address. */
  readonly address: string;
  readonly login: string;
}

/** How failed logins are slowed down. */
export interface ThrottlePolicy {
  /** So many failures cost nothing: people mistype. */
  readonly freeFailures: number;
  /** Wait after the first failure beyond; each further one doubles it. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** In this time half of the failures are forgotten. */
  readonly halfLifeMs: number;
  /** So many failures of one login, wherever it comes from, refuse it for `banMs`; 0: never. */
  readonly banLoginAfter: number;
  /** So many failures from one address, whatever the login, refuse all logins from there for `banMs`; 0: never. */
  readonly banAddressAfter: number;
  /** How long a ban lasts. */
  readonly banMs: number;
  /** How long a login is known to be at home at an address where it succeeded. */
  readonly trustMs: number;
  /** Most addresses, logins and pairs remembered; beyond, those that failed longest ago are forgotten. */
  readonly maxEntries: number;
}

/** What failed lately at one address, or for one login. */
export interface FailedLogins {
  /** Exactly one of the two is not null. An IPv6 address stands for its network of 64 bits. */
  readonly address: string | null;
  readonly login: string | null;
  /** Failures, of which half are forgotten every `halfLifeMs`; rounded to one decimal. */
  readonly failures: number;
  readonly lastFailedAt: number;
  /** Milliseconds until the next attempt is looked at; 0: at once. */
  readonly delayMs: number;
  /** When its ban ends; null: it is not banned. */
  readonly bannedUntilAt: number | null;
  /** The logins that failed from the address, or the addresses from which the login failed, the latest first; a few. */
  readonly seenWith: readonly string[];
}

/** An address, or a login. */
export type Suspect = { readonly address: string } | { readonly login: string };

/** What the owner should hear of. */
export type ThrottleEvent =
  /** Told once, until the failures are forgotten: where a gateway stands there, all behind it have to wait. */
  | { readonly kind: "slowed"; readonly address: string }
  | { readonly kind: "banned"; readonly suspect: Suspect; readonly untilAt: number };

/** Slows down those who guess passwords, without locking out those who know them. */
export interface LoginThrottle {
  /** Milliseconds until the next attempt may be checked; 0: at once. `now` in milliseconds since the epoch. */
  delayMs(attempt: LoginAttempt, now: number): number;
  /** Counts a failure. */
  failed(attempt: LoginAttempt, now: number): void;
  /** Forgets the failures of this login at this address, and trusts the two together for a while. */
  succeeded(attempt: LoginAttempt, now: number): void;
  /** What is counted against addresses and logins, the latest first. */
  report(now: number): FailedLogins[];
  /** Forgets what is counted against an address or a login, its ban too. @returns whether there was anything */
  lift(suspect: Suspect): boolean;
}

/**
 * Three failures are free; from the ninth on each costs half a minute, until some are forgotten. A login is banned before
 * its address is: one device with an old password keeps nobody else out.
 */
export const defaultThrottlePolicy: ThrottlePolicy = {
  freeFailures: 3,
  firstDelayMs: 1_000,
  maxDelayMs: 30_000,
  halfLifeMs: 10 * 60_000,
  banLoginAfter: 10,
  banAddressAfter: 20,
  banMs: 15 * 60_000,
  trustMs: 24 * 3_600_000,
  maxEntries: 10_000,
};

interface Score {
  /** Failures, halved every half-life. */
  readonly failures: number;
  readonly lastFailedAt: number;
  /** It has been told that the address is slowed down. */
  readonly told: boolean;
  /** When its ban ends or ended; 0: it was never banned. */
  readonly bannedUntilAt: number;
}

/** A login is cut to this many characters: a long one must not cost memory. */
const maxLoginLength = 256;
/** Fewer failures than this are none. */
const negligible = 0.1;

/**
 * Makes a throttle. Failures count for the address, for the login, and for the two together. A login that lately
 * succeeded from an address waits there only for failures of the two together: a device with an old password behind the
 * same address, or someone who guesses from elsewhere, neither slows down nor bans its owner.
 *
 * All of it lives in memory: a restart forgets it.
 * @param policy asked anew each time: settings may be reloaded
 */
export function createLoginThrottle(
  policy: () => ThrottlePolicy = () => defaultThrottlePolicy,
  tell: (event: ThrottleEvent) => void = () => undefined,
): LoginThrottle {
  const scores = new Map<string, Score>();
  const trustedUntil = new Map<string, number>();

  /** Counts a failure against one key; says what is new about it. */
  function count(key: string, now: number): void {
    const { freeFailures, banMs, maxEntries } = policy();
    const before = scores.get(key);
    const known = failuresAt(before, now, policy());
    const failures = known + 1;
    const wasBannedUntil = before?.bannedUntilAt ?? 0;
    const limit = banLimit(key, policy());
    // Rounded: within a moment a little of each failure is forgotten already.
    const isBanned = limit > 0 && Math.round(failures) >= limit && wasBannedUntil <= now;
    const bannedUntilAt = isBanned ? now + banMs : wasBannedUntil;
    const wasTold = known > 0 && (before?.told ?? false);
    const isSlowed = key.startsWith(addressKey) && failures > freeFailures;
    putNewest(scores, key, { failures, lastFailedAt: now, told: wasTold || isSlowed, bannedUntilAt }, maxEntries);
    const suspect = suspectOf(key);
    if (!suspect) return;
    if (isBanned) tell({ kind: "banned", suspect, untilAt: bannedUntilAt });
    else if (isSlowed && !wasTold && "address" in suspect) tell({ kind: "slowed", address: suspect.address });
  }

  return {
    delayMs(attempt, now) {
      const keys = keysOf(attempt);
      const remaining = (key: string) => remainingMs(scores.get(key), now, policy());
      if ((trustedUntil.get(keys.pair) ?? 0) > now) return remaining(keys.pair);
      return Math.max(...Object.values(keys).map(remaining));
    },
    failed(attempt, now) {
      for (const key of Object.values(keysOf(attempt))) count(key, now);
    },
    succeeded(attempt, now) {
      const { pair } = keysOf(attempt);
      scores.delete(pair);
      putNewest(trustedUntil, pair, now + policy().trustMs, policy().maxEntries);
    },
    report: (now) => reportOf(scores, now, policy()),
    lift(suspect) {
      const keys = [...scores.keys()].filter((key) => isAbout(key, suspect));
      for (const key of keys) scores.delete(key);
      return keys.length > 0;
    },
  };
}

function failuresAt(score: Score | undefined, now: number, { halfLifeMs }: ThrottlePolicy): number {
  if (!score) return 0;
  const halvings = Math.max(0, now - score.lastFailedAt) / halfLifeMs;
  const failures = score.failures * 0.5 ** halvings;
  return failures < negligible ? 0 : failures;
}

function remainingMs(score: Score | undefined, now: number, policy: ThrottlePolicy): number {
  if (!score) return 0;
  const { freeFailures, firstDelayMs, maxDelayMs, banMs } = policy;
  const beyond = failuresAt(score, now, policy) - freeFailures;
  const delayMs = beyond <= 0 ? 0 : Math.min(maxDelayMs, firstDelayMs * 2 ** (beyond - 1));
  // A clock that was set back must not make anyone wait longer than the delay.
  const slowedMs = Math.min(delayMs, score.lastFailedAt + delayMs - now);
  return Math.max(0, Math.ceil(slowedMs), Math.ceil(Math.min(banMs, score.bannedUntilAt - now)));
}

function reportOf(scores: ReadonlyMap<string, Score>, now: number, policy: ThrottlePolicy): FailedLogins[] {
  const others = otherHalves(scores.keys());
  const rows = [...scores].reverse().flatMap(([key, score]): FailedLogins[] => {
    const suspect = suspectOf(key);
    const failures = Math.round(failuresAt(score, now, policy) * 10) / 10;
    const bannedUntilAt = score.bannedUntilAt > now ? score.bannedUntilAt : null;
    if (!suspect || (failures === 0 && bannedUntilAt === null)) return [];
    return [{
      address: "address" in suspect ? suspect.address : null,
      login: "login" in suspect ? suspect.login : null,
      failures,
      lastFailedAt: score.lastFailedAt,
      delayMs: remainingMs(score, now, policy),
      bannedUntilAt,
      seenWith: others.get(key) ?? [],
    }];
  });
  return rows.slice(0, maxReported);
}

/** Whether a key counts against an address or a login, alone or with another. */
function isAbout(key: string, suspect: Suspect): boolean {
  const pair = pairOf(key);
  if ("address" in suspect) {
    const address = networkOf(suspect.address);
    return pair ? pair.address === address : key === `${addressKey}${address}`;
  }
  const login = normalLogin(suspect.login);
  return pair ? pair.login === login : key === `${loginKey}${login}`;
}

/** Failures that ban what a key stands for; 0: it is never banned. A login at an address is as bad as the login. */
function banLimit(key: string, { banAddressAfter, banLoginAfter }: ThrottlePolicy): number {
  return key.startsWith(addressKey) ? banAddressAfter : banLoginAfter;
}

function suspectOf(key: string): Suspect | null {
  if (key.startsWith(addressKey)) return { address: key.slice(addressKey.length) };
  return key.startsWith(loginKey) ? { login: key.slice(loginKey.length) } : null;
}

function pairOf(key: string): LoginAttempt | null {
  if (!key.startsWith(pairKey)) return null;
  const [address = "", ...login] = key.slice(pairKey.length).split(" ");
  return { address, login: login.join(" ") };
}

/** By address its latest logins, by login its latest addresses: a few of each. */
function otherHalves(keys: Iterable<string>): Map<string, string[]> {
  const others = new Map<string, string[]>();
  const add = (key: string, other: string) => {
    const known = others.get(key);
    if (!known) others.set(key, [other]);
    else if (known.length < maxSeenWith) known.push(other);
  };
  for (const key of [...keys].reverse()) {
    const pair = pairOf(key);
    if (!pair) continue;
    add(`${addressKey}${pair.address}`, pair.login);
    add(`${loginKey}${pair.login}`, pair.address);
  }
  return others;
}

/** Rows of a report: more than that nobody reads. */
const maxReported = 200;
/** Logins that a row names for an address, or addresses for a login. */
const maxSeenWith = 5;
const addressKey = "address ";
const loginKey = "login ";
const pairKey = "pair ";

/** Sets an entry as the newest, and drops the oldest beyond the limit. */
function putNewest<T>(map: Map<string, T>, key: string, value: T, maxEntries: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= maxEntries) break;
    map.delete(oldest);
  }
}

function keysOf(attempt: LoginAttempt): { address: string; login: string; pair: string } {
  const address = networkOf(attempt.address);
  const login = normalLogin(attempt.login);
  return { address: `${addressKey}${address}`, login: `${loginKey}${login}`, pair: `${pairKey}${address} ${login}` };
}

function normalLogin(login: string): string {
  return login.slice(0, maxLoginLength).normalize("NFC").toLowerCase();
}

/** The address, or of IPv6 the network of 64 bits: one machine may use all addresses of it (RFC 7934). */
export function networkOf(address: string): string {
  const bare = address.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
  if (!isIPv6(bare)) return bare;
  const [head = "", tail] = new URL(`http://[${bare}]/`).hostname.slice(1, -1).split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail ? tail.split(":") : [];
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...Array<string>(zeros).fill("0"), ...back].slice(0, 4).join(":");
}
