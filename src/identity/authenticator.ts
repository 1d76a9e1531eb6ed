import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../wire/clock.ts";
import type { Secret } from "../wire/secret.ts";
import type { Account } from "../settings.ts";
import type { Directory } from "./directory.ts";
import type { PasswordChecker } from "./passwords.ts";
import type { LoginThrottle } from "./throttle.ts";

/** What became of a login. */
export type LoginResult =
  | { readonly ok: true; readonly account: Account }
  /** The login or the password is wrong; which of them is not told. */
  | { readonly ok: false; readonly waitMs: 0 }
  /** Too many failures: nothing was checked, the next attempt is worth while after `waitMs`. */
  | { readonly ok: false; readonly waitMs: number };

/** Checks logins of all protocols, and slows down those who guess. */
export interface Authenticator {
  login(attempt: { readonly login: string; readonly password: Secret; readonly address: string }): Promise<LoginResult>;
}

/** @param directory the accounts of this moment: settings may be reloaded */
export function createAuthenticator(
  { directory, passwords, throttle, clock }: {
    readonly directory: () => Directory;
    readonly passwords: PasswordChecker;
    readonly throttle: LoginThrottle;
    readonly clock: Clock;
  },
): Authenticator {
  return {
    async login({ login, password, address }) {
      const attempt = { address, login: login.toLowerCase() };
      const waitMs = throttle.delayMs(attempt, clock.now());
      if (waitMs > 0) return { ok: false, waitMs };
      const account = directory().account(login);
      const right = await isRight(account, password.reveal(), passwords);
      // Asked again: many may have come at once, and all been let in to the check before the first of them failed.
      const lateMs = throttle.delayMs(attempt, clock.now());
      if (!right) throttle.failed(attempt, clock.now());
      if (lateMs > 0 || !right) return { ok: false, waitMs: lateMs };
      throttle.succeeded(attempt, clock.now());
      return { ok: true, account: account! };
    },
  };
}

async function isRight(account: Account | undefined, password: string, passwords: PasswordChecker): Promise<boolean> {
  const plain = account?.password?.reveal();
  // A password that stands in the file in the clear is compared as it is: hashing it at each start would hide nothing.
  if (plain !== undefined) return sameText(plain, password);
  return await passwords.check(password, account?.passwordHash?.reveal());
}

/** Whether two texts are the same, in a time that does not depend on where they differ. */
function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
