import { getLogger } from "@logtape/logtape";
import type { Recorder } from "./dialogue/session.ts";
import { type Authenticator, createAuthenticator } from "./identity/authenticator.ts";
import type { Directory } from "./identity/directory.ts";
import { endBrowsersOfOldPasswords } from "./identity/file-passwords.ts";
import { createPasswordChecker } from "./identity/passwords.ts";
import { createScramLogins, type ScramLogins } from "./identity/scram-logins.ts";
import type { SecretBox } from "./identity/secrets.ts";
import {
  createLoginThrottle,
  defaultThrottlePolicy,
  type LoginThrottle,
  type ThrottleEvent,
  type ThrottlePolicy,
} from "./identity/throttle.ts";
import { createUpstreamLogins } from "./identity/upstream-logins.ts";
import type { LoginSettings, Settings } from "./settings.ts";
import type { NextId } from "./store/ids.ts";
import type { Store } from "./store/store.ts";
import type { Clock } from "./wire/clock.ts";
import { systemNonce } from "./wire/scram.ts";

const log = getLogger(["waypost"]);

/** What checking logins stands on. */
export interface LoginParts {
  readonly settings: () => Settings;
  readonly directory: () => Directory;
  readonly store: Store;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly nextId: NextId;
  readonly recorder: Recorder;
}

/** Everything that checks who logs in. */
export interface Logins {
  readonly authenticator: Authenticator;
  readonly scram: ScramLogins;
  /** Who failed, and who has to wait or is banned. */
  readonly throttle: Pick<LoginThrottle, "report" | "lift">;
  /** Whether a login is an address that its upstream may know, though there is no such account. */
  readonly isUpstreamLogin: (login: string) => boolean;
  /** Says what is to be done once a login has made or changed an account of the database. */
  readonly whenAdopted: (use: () => Promise<void>) => void;
}

/** Builds it; failures count together, whatever the protocol and the mechanism. */
export function buildLogins(parts: LoginParts): Logins {
  const { settings, directory, clock, box } = parts;
  let adopted: () => Promise<void> = () => Promise.resolve();
  const throttle = createLoginThrottle(() => policyOf(settings().logins), warn);
  const upstream = createUpstreamLogins({
    ...parts,
    rules: () => settings().pop3.upstreamLogins,
    adopted: () => adopted(),
  });
  const scram = createScramLogins({
    directory,
    throttle,
    clock,
    key: box.keyFor("SCRAM salts"),
    newNonce: systemNonce,
  });
  return {
    authenticator: createAuthenticator({ directory, passwords: createPasswordChecker(), throttle, clock, upstream }),
    // It tells no password that could be checked upstream.
    scram: { ...scram, offered: () => !upstream.isUsed() && scram.offered() },
    throttle,
    isUpstreamLogin: (login) => upstream.serves(login),
    whenAdopted: (use) => void (adopted = use),
  };
}

/** Takes up what the settings and the database say now of passwords: at the start, and after each change. */
export async function takeUpPasswords(
  scram: ScramLogins,
  { store, box, settings, directory }: Pick<LoginParts, "store" | "box" | "settings" | "directory">,
): Promise<void> {
  await prepareScram(scram);
  const { accounts } = settings();
  const hasAccount = (login: string) => directory().account(login) !== undefined;
  await endBrowsersOfOldPasswords({ store, box, accounts, hasAccount });
}

/** Makes SCRAM ready; says why it is not offered, where it is not. */
async function prepareScram(scram: ScramLogins): Promise<void> {
  await scram.prepare();
  const logins = scram.without().join(", ");
  if (logins !== "") {
    log.info("SCRAM-SHA-256 is not offered: {logins} have no keys for it, until their passwords are set anew", {
      logins,
    });
  }
}

function policyOf(settings: LoginSettings): ThrottlePolicy {
  const { freeFailures, firstDelayMs, maxDelayMs, halfLifeMs, banLoginAfter, banAddressAfter } = settings;
  return {
    ...{ freeFailures, firstDelayMs, maxDelayMs, halfLifeMs, banLoginAfter, banAddressAfter },
    banMs: settings.banTimeMs,
    trustMs: settings.knownForMs,
    maxEntries: defaultThrottlePolicy.maxEntries,
  };
}

function warn(event: ThrottleEvent): void {
  if (event.kind === "slowed") {
    return log.warn(
      "many logins from {address} failed: further ones from there are slowed down, also of others behind the same " +
        "gateway, except of those who logged in lately (who failed: the dashboard, page Logins)",
      { address: event.address },
    );
  }
  const until = new Date(event.untilAt).toISOString();
  if ("login" in event.suspect) {
    return log.warn(
      "the login {login} failed too often: it is refused until {until}, except where it succeeded lately (to lift that: " +
        "the dashboard, page Logins)",
      { login: event.suspect.login, until },
    );
  }
  log.warn(
    "too many logins from {address} failed: all from there are refused until {until}, also of others behind the same " +
      "gateway, except of those who logged in lately (to lift that: the dashboard, page Logins)",
    { address: event.suspect.address, until },
  );
}
