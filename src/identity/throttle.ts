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
}

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
}

/** Three failures are free; from the ninth on each costs half a minute, until some are forgotten. */
export const defaultThrottlePolicy: ThrottlePolicy = {
  freeFailures: 3,
  firstDelayMs: 1_000,
  maxDelayMs: 30_000,
  halfLifeMs: 10 * 60_000,
  trustMs: 24 * 3_600_000,
  maxEntries: 10_000,
};

interface Score {
  /** Failures, halved every half-life. */
  readonly failures: number;
  readonly lastFailedAt: number;
  /** It has been told that the address is slowed down. */
  readonly told: boolean;
}

/** A login is cut to this many characters: a long one must not cost memory. */
const maxLoginLength = 256;
/** Fewer failures than this are none. */
const negligible = 0.1;

/**
 * Makes a throttle. Failures count for the address, for the login, and for the two together. A login that lately
 * succeeded from an address waits there only for failures of the two together: a device with an old password behind the
 * same address, or someone who guesses from elsewhere, does not slow down its owner.
 * @param onSlowed told once, until the failures are forgotten, that an address is slowed down: where a gateway stands
 * there, everybody behind it who has not logged in lately has to wait
 */
export function createLoginThrottle(
  policy: ThrottlePolicy = defaultThrottlePolicy,
  onSlowed: (address: string) => void = () => undefined,
): LoginThrottle {
  const scores = new Map<string, Score>();
  const trustedUntil = new Map<string, number>();

  function failuresAt(score: Score | undefined, now: number): number {
    if (!score) return 0;
    const halvings = Math.max(0, now - score.lastFailedAt) / policy.halfLifeMs;
    const failures = score.failures * 0.5 ** halvings;
    return failures < negligible ? 0 : failures;
  }

  function remainingMs(key: string, now: number): number {
    const score = scores.get(key);
    const beyond = failuresAt(score, now) - policy.freeFailures;
    if (!score || beyond <= 0) return 0;
    const delayMs = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (beyond - 1));
    // A clock that was set back must not make anyone wait longer than the delay.
    return Math.max(0, Math.ceil(Math.min(delayMs, score.lastFailedAt + delayMs - now)));
  }

  return {
    delayMs(attempt, now) {
      const keys = keysOf(attempt);
      if ((trustedUntil.get(keys.pair) ?? 0) > now) return remainingMs(keys.pair, now);
      return Math.max(remainingMs(keys.address, now), remainingMs(keys.login, now), remainingMs(keys.pair, now));
    },
    failed(attempt, now) {
      const keys = keysOf(attempt);
      for (const key of Object.values(keys)) {
        const before = scores.get(key);
        const known = failuresAt(before, now);
        const failures = known + 1;
        const wasTold = known > 0 && (before?.told ?? false);
        const isSlowed = key === keys.address && failures > policy.freeFailures;
        putNewest(scores, key, { failures, lastFailedAt: now, told: wasTold || isSlowed }, policy.maxEntries);
        if (isSlowed && !wasTold) onSlowed(keys.address.slice(addressKey.length));
      }
    },
    succeeded(attempt, now) {
      const { pair } = keysOf(attempt);
      scores.delete(pair);
      putNewest(trustedUntil, pair, now + policy.trustMs, policy.maxEntries);
    },
    report(now) {
      const rows = [...scores].flatMap(([key, score]) => {
        const failures = Math.round(failuresAt(score, now) * 10) / 10;
        const address = key.startsWith(addressKey) ? key.slice(addressKey.length) : null;
        const login = key.startsWith(loginKey) ? key.slice(loginKey.length) : null;
        if (failures === 0 || (address === null && login === null)) return [];
        return [{ address, login, failures, lastFailedAt: score.lastFailedAt, delayMs: remainingMs(key, now) }];
      });
      return rows.reverse().slice(0, maxReported);
    },
  };
}

/** Rows of a report: more than that nobody reads. */
const maxReported = 200;
const addressKey = "address ";
const loginKey = "login ";

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
  const login = attempt.login.slice(0, maxLoginLength).normalize("NFC").toLowerCase();
  return { address: `${addressKey}${address}`, login: `${loginKey}${login}`, pair: `pair ${address} ${login}` };
}

/** The address, or of IPv6 the network of 64 bits: one machine may use all addresses of it (RFC 7934). */
function networkOf(address: string): string {
  const bare = address.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
  if (!isIPv6(bare)) return bare;
  const [head = "", tail] = new URL(`http://[${bare}]/`).hostname.slice(1, -1).split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail ? tail.split(":") : [];
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...Array<string>(zeros).fill("0"), ...back].slice(0, 4).join(":");
}
