import { readLoginName } from "../mailbox/login-name.ts";
import type { Directory } from "../identity/directory.ts";
import type { Store } from "../store/store.ts";
import { CommandError } from "./command.ts";

/** What LOGIN or LOGIN+SOURCE names. */
export interface MailboxChoice {
  /** The account's login as it is configured; of an account that is no more: as its mailboxes have it. */
  readonly account: string;
  /** The source that is named, null for all. */
  readonly source: string | null;
  /** The mailboxes that are there; none before the first fetch. */
  readonly mailboxes: readonly { readonly id: number; readonly source: string }[];
}

/**
 * Finds what LOGIN or LOGIN+SOURCE names.
 * @throws CommandError when there is no such account or source, with those that there are
 */
export async function chooseMailbox(store: Store, directory: Directory, name: string): Promise<MailboxChoice> {
  const rows = await store.read("mailboxes", null);
  const isKnown = (login: string) =>
    directory.account(login) !== undefined || rows.some((row) => row.account.toLowerCase() === login.toLowerCase());
  const { login, source } = readLoginName(name, isKnown);
  if (!isKnown(login)) throw new CommandError(`there is no account ${login}`);
  const own = rows.filter((row) => row.account.toLowerCase() === login.toLowerCase());
  const configured = directory.account(login)?.sources.map((one) => one.name) ?? [];
  const sources = [...new Set([...configured, ...own.map((row) => row.source)])];
  if (source !== null && !sources.includes(source)) {
    const known = sources.length === 0 ? "it has none" : `there is ${sources.join(", ")}`;
    throw new CommandError(`${login} has no source ${source}; ${known}`);
  }
  return {
    account: directory.account(login)?.login ?? own[0]!.account,
    source,
    mailboxes: source === null ? own : own.filter((row) => row.source === source),
  };
}
