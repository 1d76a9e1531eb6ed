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
import type { Store } from "../store/store.ts";
import type { Clock } from "../wire/clock.ts";
import { type ListedRow, readListing } from "./listing.ts";
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
  /** Told of what no client waits for. */
  readonly warn: (text: string, error: unknown) => void;
}

/** Retrieved messages that are noted together. */
const READ_GROUP = 100;

/** What a login names: an account, and one of its sources or all. */
interface Wanted {
  readonly login: string;
  readonly source: string | null;
}

/**
 * The mailboxes of the accounts, as the POP3 server serves them. An account's mailbox joins those of its sources, also of
 * sources that the settings no longer name; "login+source" gives one alone. One session at a time has a mailbox: it holds
 * the lock until it ends, another gets [IN-USE] (RFC 2449 section 8.1.2).
 */
export function createMailboxes(ports: MailboxPorts): Mailboxes {
  const locked = new Map<number, number>();
  const wanted = (login: string) => wantedOf(login, ports.directory());
  const admit: Admit = async (attempt, result) => {
    if (!result.ok) return { reply: refusalOf(attempt.login, result.waitMs) };
    const { source } = wanted(attempt.login);
    return await openMailbox({ account: result.account.login, source, attempt }, locked, ports);
  };
  return {
    async authenticate(attempt) {
      const { password, peer: { address } } = attempt;
      return admit(attempt, await ports.authenticator.login({ ...wanted(attempt.login), password, address }));
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

/** "alice+work" is the source "work" of alice, unless there is an account of that very name. */
function wantedOf(login: string, directory: Directory): Wanted {
  const plus = login.lastIndexOf("+");
  if (plus <= 0 || directory.account(login)) return { login, source: null };
  return { login: login.slice(0, plus), source: login.slice(plus + 1) };
}

function refusalOf(login: string, waitMs: number): Pop3Reply {
  const shown = JSON.stringify(login);
  if (waitMs === 0) return negative("login or password is wrong", "AUTH", `login of ${shown} failed`);
  const seconds = Math.ceil(waitMs / 1000);
  return negative(`too many failed logins, try again in ${seconds} s`, "SYS/TEMP", `login of ${shown} throttled`);
}

async function openMailbox(
  { account, source, attempt }: { account: string; source: string | null; attempt: Applicant },
  locked: Map<number, number>,
  ports: MailboxPorts,
): Promise<LoginOutcome> {
  const all = await ports.store.read("mailboxes", null);
  const own = all.filter((mailbox) => mailbox.account.toLowerCase() === account.toLowerCase());
  const meant = source === null ? own : own.filter((mailbox) => mailbox.source === source);
  if (source !== null && meant.length === 0) {
    return { reply: negative("login or password is wrong", "AUTH", `${account} has no source named "${source}"`) };
  }
  const mailboxIds = meant.map(({ id }) => id);
  const holder = mailboxIds.map((id) => locked.get(id)).find((sessionId) => sessionId !== undefined);
  if (holder !== undefined) {
    return { reply: negative("another session has the mailbox open", "IN-USE", `session ${holder} has it open`) };
  }
  for (const id of mailboxIds) locked.set(id, attempt.sessionId);
  const unlock = () => {
    for (const id of mailboxIds) locked.delete(id);
  };
  try {
    const rows = mailboxIds.length === 0 ? [] : readListing(await ports.store.read("servedMessages", { mailboxIds }));
    return { mailbox: serveRows(account, rows, attempt.sessionId, unlock, ports) };
  } catch (error) {
    unlock();
    throw error;
  }
}

function serveRows(
  account: string,
  rows: readonly ListedRow[],
  sessionId: number,
  unlock: () => void,
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
    open: (index) => ahead.open(index),
    retrieved(index) {
      read.push(rows[index]!.id);
      if (read.length >= READ_GROUP) noteRead();
    },
    remove: (indexes) =>
      store.write("deleteMailboxMessages", { ids: indexes.map((index) => rows[index]!.id), now: clock.now() }),
    close() {
      if (!isOpen) return;
      isOpen = false;
      noteRead();
      unlock();
    },
  };
}
