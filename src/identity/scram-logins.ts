import { createHmac } from "node:crypto";
import type { Account } from "../settings.ts";
import type { Clock } from "../wire/clock.ts";
import { saslprep, SaslprepError } from "../wire/saslprep.ts";
import {
  defaultScramIterations,
  deriveScramKeys,
  type NewNonce,
  parseScramKeys,
  type ScramKeys,
  scramSaltOctets,
} from "../wire/scram.ts";
import type { LoginResult } from "./authenticator.ts";
import type { Directory } from "./directory.ts";
import type { LoginThrottle } from "./throttle.ts";

/** Who wants to log in by SCRAM, and from where. */
export interface ScramAttempt {
  readonly login: string;
  /** The client's network address. */
  readonly address: string;
}

/** What a server needs for its part of an exchange. */
export interface ScramStart {
  readonly ok: true;
  readonly keys: ScramKeys;
  readonly nonce: string;
}

/** Logins by SCRAM: the keys for an exchange, and what came of it. Slowed down as logins by password are. */
export interface ScramLogins {
  /**
   * Whether every account that can log in has keys. Clients choose the best mechanism of the offer before they say who
   * they are, and give up when it fails: what does not serve all is not offered.
   */
  offered(): boolean;
  /** The logins for whose sake it is not offered. */
  without(): string[];
  /** The keys of a login. An unknown one has keys too, the same each time, that no password fits: nobody can tell. */
  challenge(attempt: ScramAttempt): Promise<ScramStart | Extract<LoginResult, { ok: false }>>;
  /** Takes what came of an exchange. */
  settle(attempt: ScramAttempt & { readonly proven: boolean }): LoginResult;
  /** Derives the keys of passwords that stand in the file in the clear, so that their first login takes no longer. */
  prepare(): Promise<void>;
}

/** What logins by SCRAM need. */
export interface ScramLoginPorts {
  /** The accounts of this moment: settings may be reloaded. */
  readonly directory: () => Directory;
  readonly throttle: LoginThrottle;
  readonly clock: Clock;
  /** A key of this installation, from which salts are derived that stay the same. */
  readonly key: Uint8Array;
  readonly newNonce: NewNonce;
}

/** Makes it. */
export function createScramLogins({ directory, throttle, clock, key, newNonce }: ScramLoginPorts): ScramLogins {
  const known = new WeakMap<Account, Promise<ScramKeys>>();
  const complete = new WeakMap<Directory, boolean>();
  const without = () => directory().accounts.filter((account) => canLogIn(account) && !hasKeys(account));

  function keysOf(account: Account): Promise<ScramKeys> {
    const found = known.get(account) ?? readKeys(account, key);
    known.set(account, found);
    return found;
  }

  return {
    offered() {
      const current = directory();
      const answer = complete.get(current) ?? without().length === 0;
      complete.set(current, answer);
      return answer;
    },
    without: () => without().map(({ login }) => login),
    async challenge({ login, address }) {
      const waitMs = throttle.delayMs({ address, login: login.toLowerCase() }, clock.now());
      if (waitMs > 0) return { ok: false, waitMs };
      const account = directory().account(login);
      const keys = account && hasKeys(account) ? await keysOf(account) : decoyKeys(key, login);
      return { ok: true, keys, nonce: newNonce() };
    },
    settle({ login, address, proven }) {
      const attempt = { address, login: login.toLowerCase() };
      // Asked again: many exchanges may have begun before the first of them failed.
      const waitMs = throttle.delayMs(attempt, clock.now());
      if (waitMs > 0) return { ok: false, waitMs };
      const account = directory().account(login);
      if (proven && account) {
        throttle.succeeded(attempt, clock.now());
        return { ok: true, account };
      }
      throttle.failed(attempt, clock.now());
      return { ok: false, waitMs: 0 };
    },
    async prepare() {
      await Promise.all(directory().accounts.filter(hasKeys).map(keysOf));
    },
  };
}

function canLogIn({ password, passwordHash }: Account): boolean {
  return password !== undefined || passwordHash !== undefined;
}

function hasKeys({ password, scramKeys }: Account): boolean {
  return scramKeys !== undefined || (password !== undefined && isUsable(password.reveal()));
}

/** Whether SCRAM can use a password at all. */
function isUsable(password: string): boolean {
  try {
    return saslprep(password) !== "";
  } catch (error) {
    if (error instanceof SaslprepError) return false;
    throw error;
  }
}

async function readKeys({ login, password, scramKeys }: Account, key: Uint8Array): Promise<ScramKeys> {
  const stored = parseScramKeys(scramKeys?.reveal() ?? "");
  return stored ?? await deriveScramKeys(password?.reveal() ?? "", saltFor(key, login));
}

function saltFor(key: Uint8Array, login: string): Uint8Array {
  return derive(key, "salt", login).subarray(0, scramSaltOctets);
}

/** Keys that look like those of an account. To find a password for them is to break SHA-256. */
function decoyKeys(key: Uint8Array, login: string): ScramKeys {
  return {
    salt: saltFor(key, login),
    iterations: defaultScramIterations,
    storedKey: derive(key, "stored key", login),
    serverKey: derive(key, "server key", login),
  };
}

function derive(key: Uint8Array, what: string, login: string): Uint8Array {
  return createHmac("sha256", key).update(`${what}\0${login.toLowerCase()}`).digest();
}
