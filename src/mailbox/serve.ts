import { LastLogins } from "./last-logins.ts";
import { createMailboxLocks, type MailboxLocks } from "./locks.ts";
import { readLoginName, type Wanted } from "./login-name.ts";
import type { Authenticator, LoginResult } from "../identity/authenticator.ts";
import type { Directory } from "../identity/directory.ts";
import type { ScramLogins } from "../identity/scram-logins.ts";
import { negative, type Pop3Reply } from "../pop3/reply.ts";
import type {
  LoginAttempt,
  LoginOutcome,
  Mailboxes,
  OpenMailbox,
  ScramLogins as ScramPort,
} from "../pop3/server/ports.ts";
import { formatId } from "../store/ids.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../wire/clock.ts";
import { Listing } from "./listing.ts";
import { ReadAhead } from "./read-ahead.ts";

/** What serving mailboxes needs. */
export interface MailboxPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly authenticator: Authenticator;
  /** Absent: logins by password only. */
  readonly scram?: ScramLogins;
  /** The accounts of this moment: settings may be reloaded. */
  readonly directory: () => Directory;
  /** Whether a login is an address that its upstream may know, though there is no such account. Absent: none is. */
  readonly isUpstreamLogin?: (login: string) => boolean;
  /** What the settings of this moment want. */
  readonly policy: () => ServePolicy;
  /** Told of each login before its mailbox is listed; what it returns is awaited. */
  readonly loggedIn?: (login: { readonly account: string; readonly isNew: boolean }) => Promise<void> | void;
  /** Told of what no client waits for. */
  readonly warn: (text: string, error: unknown) => void;
}

/** How mailboxes are served. */
export interface ServePolicy {
  /** A session on a mailbox that another has open: it gets [IN-USE], or reads. */
  readonly secondSession: "refuse" | "read";
  /** How long a session must have been silent to give way to the same client. */
  readonly takeoverAfterMs: number;
  /** Shortest time between two logins of an account; 0: none. */
  readonly loginDelayMs: number;
  /** What a client deletes goes for all clients of the account, or for that one. */
  readonly onDelete: "delete" | "hide";
}

/** Retrieved messages that are noted together. */
const READ_GROUP = 100;

/** What all sessions share. */
interface Shared {
  readonly locks: MailboxLocks;
  readonly lastLogins: LastLogins;
}

/**
 * The mailboxes of the accounts, as the POP3 server serves them. An account's mailbox joins those of its sources, also of
 * sources that the settings no longer name; "login+source" gives one alone, "login/client" names the client. One session
 * at a time has the lock of a mailbox, until it ends; another gets [IN-USE] (RFC 2449 section 8.1.2) or reads, as set.
 */
export function createMailboxes(ports: MailboxPorts): Mailboxes {
  const shared: Shared = { locks: createMailboxLocks(), lastLogins: new LastLogins(ports.clock) };
  const { directory, isUpstreamLogin = () => false } = ports;
  const isWhole = (name: string) => directory().account(name) !== undefined || isUpstreamLogin(name);
  const wanted = (login: string) => readLoginName(login, isWhole);
  const admit: Admit = async (attempt, result) => {
    if (!result.ok) {
      if ("unavailable" in result) return { reply: uncheckable(result.unavailable) };
      return { reply: refusalOf(attempt.login, result.waitMs) };
    }
    const account = result.account.login;
    const waitMs = shared.lastLogins.waitMs(account, ports.policy().loginDelayMs);
    if (waitMs > 0) return { reply: tooSoon(waitMs) };
    await ports.loggedIn?.({ account, isNew: result.isNew ?? false });
    const outcome = await openMailbox({ ...wanted(attempt.login), account, attempt }, shared, ports);
    // One that found the mailbox locked may come again when it likes.
    if ("mailbox" in outcome) shared.lastLogins.note(account);
    return outcome;
  };
  return {
    async authenticate(attempt) {
      const { password, peer: { address } } = attempt;
      return admit(
        attempt,
        await ports.authenticator.login({ ...wanted(attempt.login), password, address, mayCreate: true }),
      );
    },
    ...(ports.scram ? { scram: scramPort(ports.scram, wanted, admit) } : {}),
  };
}

/** Who wants to log in, whatever proves it. */
type Applicant = Omit<LoginAttempt, "password">;
/** Opens the mailbox where the login was right, refuses where it was not. */
type Admit = (applicant: Applicant, result: LoginResult) => Promise<LoginOutcome>;

function scramPort(scram: ScramLogins, wanted: (login: string) => Wanted, admit: Admit): ScramPort {
  return {
    offered: () => scram.offered(),
    async challenge({ login, peer: { address } }) {
      const start = await scram.challenge({ login: wanted(login).login, address });
      return start.ok ? start : { reply: refusalOf(login, start.waitMs) };
    },
    settle: (applicant) => {
      const { proven, peer: { address } } = applicant;
      return admit(applicant, scram.settle({ login: wanted(applicant.login).login, address, proven }));
    },
  };
}

function refusalOf(login: string, waitMs: number): Pop3Reply {
  const shown = JSON.stringify(login);
  if (waitMs === 0) return negative("login or password is wrong", "AUTH", `login of ${shown} failed`);
  const seconds = Math.ceil(waitMs / 1000);
  return negative(`too many failed logins, try again in ${seconds} s`, "SYS/TEMP", `login of ${shown} throttled`);
}

function uncheckable(why: string): Pop3Reply {
  return negative("the login cannot be checked now, try again later", "SYS/TEMP", why);
}

function tooSoon(waitMs: number): Pop3Reply {
  return negative(`the last login was just now, try again in ${Math.ceil(waitMs / 1000)} s`, "LOGIN-DELAY");
}

/** A login that was right: what is to be opened. */
interface Opening extends Pick<Wanted, "source" | "client"> {
  readonly account: string;
  readonly attempt: Applicant;
}

async function openMailbox(opening: Opening, { locks }: Shared, ports: MailboxPorts): Promise<LoginOutcome> {
  const { account, source, attempt } = opening;
  const { secondSession, takeoverAfterMs, onDelete } = ports.policy();
  const all = await ports.store.read("mailboxes", null);
  const own = all.filter((mailbox) => mailbox.account.toLowerCase() === account.toLowerCase());
  const meant = source === null ? own : own.filter((mailbox) => mailbox.source === source);
  if (source !== null && meant.length === 0) {
    // The password was right: who gave it may know.
    const cause = `${account} has no source named "${source}"`;
    return {
      reply: negative("the account has no source of that name: leave out what follows the plus", "AUTH", cause),
    };
  }
  const mailboxIds = meant.map(({ id }) => id);
  const { sessionId, peer: { address }, line } = attempt;
  const lock = locks.take(mailboxIds, { sessionId, address, line }, takeoverAfterMs);
  if ("holder" in lock && secondSession === "refuse") {
    const holder = `session ${formatId(lock.holder.sessionId)} has it open`;
    return { reply: negative("another session has the mailbox open", "IN-USE", holder) };
  }
  const release = "release" in lock ? lock.release : null;
  const hiddenFrom = onDelete === "hide" ? clientKey(opening) : null;
  try {
    const rows = new Listing(await ports.store.read("servedMessages", { mailboxIds, hiddenFrom }));
    return { mailbox: serveRows(rows, { account, sessionId, hiddenFrom, release }, ports) };
  } catch (error) {
    release?.();
    throw error;
  }
}

/** What a client is known by: the name behind its login, or its address. */
function clientKey({ client, attempt }: Opening): string {
  return client === null ? attempt.peer.address : `/${client.toLowerCase()}`;
}

/** A session that lists messages. */
interface Serving {
  readonly account: string;
  readonly sessionId: number;
  /** The client from which alone its deletions hide messages; null: they are deleted. */
  readonly hiddenFrom: string | null;
  /** Gives the lock back; null: another session has it, this one reads. */
  readonly release: (() => void) | null;
}

function serveRows(
  rows: Listing,
  { account, sessionId, hiddenFrom, release }: Serving,
  { store, clock, warn }: MailboxPorts,
): OpenMailbox {
  const ahead = new ReadAhead(store, rows);
  let isOpen = true;
  let read: number[] = [];
  const noteRead = () => {
    const ids = read;
    read = [];
    if (ids.length === 0) return;
    // Which session read a message first is for the owner's eyes: no client waits for it.
    store.write("markRead", { ids, sessionId }).catch((error: unknown) => {
      warn(`read messages of ${account} could not be noted`, error);
    });
  };
  return {
    account,
    messages: rows,
    readOnly: release === null,
    open: (index) => ahead.open(index),
    retrieved(index) {
      read.push(rows.idOf(index));
      if (read.length >= READ_GROUP) noteRead();
    },
    async remove(indexes) {
      const ids = indexes.map((index) => rows.idOf(index));
      const now = clock.now();
      if (hiddenFrom === null) await store.write("deleteMailboxMessages", { ids, now });
      else await store.write("hideMailboxMessages", { ids, client: hiddenFrom, now });
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      noteRead();
      rows.free();
      release?.();
    },
  };
}
