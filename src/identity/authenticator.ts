import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../wire/clock.ts";
import type { Secret } from "../wire/secret.ts";
import type { Account } from "../settings.ts";
import type { Directory } from "./directory.ts";
import type { PasswordChecker } from "./passwords.ts";
import { saslprep, SaslprepError } from "../wire/saslprep.ts";
import type { LoginThrottle } from "./throttle.ts";
import type { UpstreamLogins } from "./upstream-logins.ts";

/** What became of a login. */
export type LoginResult =
  | {
    readonly ok: true;
    readonly account: Account;
    /** The account was made by this login. Absent: false. */
    readonly isNew?: boolean;
  }
  /** The login or the password is wrong; which of them is not told. */
  | { readonly ok: false; readonly waitMs: 0 }
  /** The upstream that knows cannot say at the moment; `unavailable`: why, for the owner. */
  | { readonly ok: false; readonly waitMs: 0; readonly unavailable: string }
  /** Too many failures: nothing was checked, the next attempt is worth while after `waitMs`. */
  | { readonly ok: false; readonly waitMs: number };

/** Checks logins of all protocols, and slows down those who guess. */
export interface Authenticator {
  login(attempt: PasswordAttempt): Promise<LoginResult>;
}

/** A login by password. */
export interface PasswordAttempt {
  readonly login: string;
  readonly password: Secret;
  /** The client's network address. */
  readonly address: string;
  /** Whether it may make an account, where the settings allow that for its domain. Absent: false. */
  readonly mayCreate?: boolean;
}

/** @param directory the accounts of this moment: settings may be reloaded */
export function createAuthenticator(
  { directory, passwords, throttle, clock, upstream }: {
    readonly directory: () => Directory;
    readonly passwords: PasswordChecker;
    readonly throttle: LoginThrottle;
    readonly clock: Clock;
    /** Asked about what no account here fits. Absent: nobody is. */
    readonly upstream?: UpstreamLogins;
  },
): Authenticator {
  return {
    async login({ login, password, address, mayCreate = false }) {
      const attempt = { address, login: login.toLowerCase() };
      const waitMs = throttle.delayMs(attempt, clock.now());
      if (waitMs > 0) return { ok: false, waitMs };
      const account = directory().account(login);
      const right = await isRight(account, password.reveal(), passwords);
      const there = right ? null : await upstream?.check({ login, password, mayCreate }) ?? null;
      // Asked again: many may have come at once, and all been let in to the check before the first of them failed.
      const lateMs = throttle.delayMs(attempt, clock.now());
      const accepted = there?.answer === "accepted" ? there : right ? { account: account!, isNew: false } : null;
      if (!accepted) throttle.failed(attempt, clock.now());
      if (lateMs > 0) return { ok: false, waitMs: lateMs };
      if (there?.answer === "unavailable") return { ok: false, waitMs: 0, unavailable: there.why };
      if (!accepted) return { ok: false, waitMs: 0 };
      throttle.succeeded(attempt, clock.now());
      return { ok: true, account: accepted.account, isNew: accepted.isNew };
    },
  };
}

async function isRight(account: Account | undefined, password: string, passwords: PasswordChecker): Promise<boolean> {
  const plain = account?.password?.reveal();
  // A password that stands in the file in the clear is compared as it is: hashing it at each start would hide nothing.
  const tries = spellings(password);
  if (plain !== undefined && tries.some((one) => sameText(plain, one))) return true;
  // A wrong one takes as long as one for a login that there is not: time must not tell which logins there are.
  const hash = plain === undefined ? account?.passwordHash?.reveal() : undefined;
  for (const one of tries) if (await passwords.check(one, hash)) return true;
  return false;
}

/** A password as it came, and where that is another one, as SASLprep writes it (RFC 6856 section 2.2). */
function spellings(password: string): string[] {
  try {
    return [...new Set([password, saslprep(password)])];
  } catch (error) {
    if (error instanceof SaslprepError) return [password];
    throw error;
  }
}

/** Whether two texts are the same, in a time that does not depend on where they differ. */
function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
