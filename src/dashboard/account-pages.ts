/** Pages of accounts: their form, their password, what leads on to their sources and mailboxes. */
import { type Context, Hono } from "hono";
import { texts } from "../../web/texts.ts";
import type { AccountModel, EntryModel } from "../../web/entry-models.ts";
import { accountsPage, besideAccount } from "../../web/views/accounts.ts";
import { entryPath } from "../../web/views/entries.ts";
import { allow } from "./access.ts";
import {
  actorOf,
  createEntryPages,
  doneOf,
  type EntryArea,
  refusalOf,
  requireEntry,
  showEntry,
} from "./entry-pages.ts";
import { DashboardError } from "./errors.ts";
import type { DashboardEnv } from "./identity.ts";
import { frameOf } from "./pages.ts";
import type { DashboardPorts } from "./ports.ts";
import { readAccounts } from "./reads-entries.ts";
import { readMailboxes } from "./reads-mailboxes.ts";

/** Characters that nobody mistakes for others. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
const GROUPS = 4;
const GROUP_LENGTH = 4;
const MAX_PASSWORD = 4096;

/** Makes them. */
export function createAccountPages(ports: DashboardPorts): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  const words = texts.accounts;
  const area: EntryArea = {
    ...{ kind: "account", path: "/accounts", words },
    titleOf: ({ name }) => name ?? "",
    gone: words.gone,
    beside: async (c, entry) => ({ beside: await beside(c, ports, entry, null) }),
  };

  app.get("/accounts", allow("owner", "viewer"), async (c) => {
    return c.html(accountsPage(frameOf(ports, c.get("identity"), c.req.path), await readAccounts(ports), doneOf(c)));
  });

  app.post("/accounts/:name/password", allow("owner"), async (c) => {
    const entry = await requireEntry(ports, area, c.req.param("name"));
    const { password } = await c.req.parseBody();
    if (typeof password !== "string" || !isPassword(password)) {
      const again = { beside: await beside(c, ports, entry, words.passwordBad) };
      return await showEntry(c, ports, area, entry, { value: entry.value, isWrong: true }, again);
    }
    try {
      await setPassword(ports, entry.name ?? "", password, actorOf(c));
      return c.redirect(`${entryPath("/accounts", entry.name ?? "")}?done=password`, 303);
    } catch (error) {
      return await showEntry(c, ports, area, entry, { value: entry.value, error: refusalOf(error) });
    }
  });

  app.route("/", createEntryPages(ports, area));
  return app;
}

/** Gives an account a new password. @throws EntryError, EntryConflict, StoreError */
export async function setPassword(
  { entries }: Pick<DashboardPorts, "entries">,
  login: string,
  password: string,
  actor: string,
): Promise<void> {
  await entries.change({ kind: "account", name: login, rewrite: (value) => ({ ...value, password }) }, actor);
}

/** Whether a text can be a password. */
export function isPassword(text: string): boolean {
  return text.length > 0 && text.length <= MAX_PASSWORD && !/\p{Cc}/u.test(text);
}

/** A password made by chance, 79 bits in groups that can be read aloud. */
export function offerPassword(randomBytes: (length: number) => Uint8Array): string {
  let text = "";
  while (text.length < GROUPS * GROUP_LENGTH) {
    // Octets from 248 on would make some characters likelier.
    for (const octet of randomBytes(GROUPS * GROUP_LENGTH)) if (octet < 248) text += ALPHABET[octet % ALPHABET.length];
  }
  return text.slice(0, GROUPS * GROUP_LENGTH).replaceAll(/(....)(?=.)/g, "$1-");
}

async function beside(c: Context<DashboardEnv>, ports: DashboardPorts, entry: EntryModel, error: string | null) {
  const account = (await readAccounts(ports)).find(({ login }) => login === entry.name);
  if (!account) throw new DashboardError(404, "NOT_FOUND", texts.accounts.gone(entry.name ?? ""));
  const frame = frameOf(ports, c.get("identity"), c.req.path);
  const form = { offered: offerPassword(ports.randomBytes), error };
  return besideAccount(frame, account, await mailboxesOf(ports, account), form);
}

async function mailboxesOf(ports: DashboardPorts, { login }: AccountModel) {
  return (await readMailboxes(ports, true)).filter(({ account }) => account.toLowerCase() === login.toLowerCase());
}
