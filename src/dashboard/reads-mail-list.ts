import { firstIdAt, parseId } from "../store/ids.ts";
import type { MailField, MailState } from "../store/queries/mail-choice.ts";
import type { MailList } from "../../web/mail-list-models.ts";
import { endOfDay, parseMailQuery, termsOf } from "./mail-query.ts";
import type { DashboardPorts } from "./ports.ts";
import { cachedOf, messageOf } from "./reads-mail.ts";

type Ports = Pick<DashboardPorts, "store" | "isMailIndexed">;

/** What is looked for: a question as it stands in the box, and the fields of the form. */
export interface MailWish {
  readonly q: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly subject?: string | undefined;
  readonly state?: MailState | undefined;
  readonly direction?: "out" | "in" | undefined;
  /** The first and the last day, as the times of their beginnings. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Only messages with a smaller id: the page after the one that ended there. */
  readonly before?: number | undefined;
  /** Messages of a page, of both kinds together. */
  readonly limit: number;
}

/** Who looks. */
export interface MailLooker {
  /** Only mail of this account; null: all. */
  readonly account: string | null;
  /** Whether words are looked for in what is in letters, too. */
  readonly inContent: boolean;
}

/** Messages that fit, of both kinds, the newest first. @throws StoreError */
export async function readMailList(
  { store, isMailIndexed }: Ports,
  wish: MailWish,
  looker: MailLooker,
): Promise<MailList> {
  const { account, inContent } = looker;
  const words = wish.q.trim().replace(/^<(.*)>$/, "$1");
  const only = wish.before === undefined ? await onlyOne(store, words, account) : null;
  const query = parseMailQuery(words);
  // Signs that are no word fit nothing, rather than everything.
  if (words !== "" && only === null && Object.keys(query).length === 1 && query.terms.length === 0) {
    return { messages: [], before: null, only, notIndexed: 0, isIndexed: isMailIndexed() };
  }
  const fields: readonly (readonly [MailField, string | undefined])[] = [
    ["sender", wish.from],
    ["recipients", wish.to],
    ["subject", wish.subject],
  ];
  const terms = [...query.terms, ...fields.flatMap(([field, text]) => termsOf(field, text))];
  const starts = [query.fromAt, wish.since].filter((at) => at !== undefined);
  const ends = [query.toAt, wish.until === undefined ? undefined : endOfDay(wish.until)].filter((at) =>
    at !== undefined
  );
  const byId = await messageIdOf(store, words, account);
  const indexed = isMailIndexed();
  const { queued, cached } = await store.read("mailList", {
    terms: byId === null ? terms : [],
    ...(byId === null ? {} : { messageId: byId }),
    ...defined({ direction: query.direction ?? wish.direction, state: query.state ?? wish.state }),
    ...(starts.length > 0 ? { fromId: firstIdAt(Math.max(...starts)) } : {}),
    ...(ends.length > 0 ? { toId: firstIdAt(Math.min(...ends)) } : {}),
    account,
    before: wish.before ?? null,
    // One more than a page has room for tells whether there is a next one.
    limit: wish.limit + 1,
    indexed,
    inContent,
  });
  const all = [
    ...queued.map((row) => ({ kind: "message" as const, ...messageOf(row) })),
    ...cached.map((row) => ({ kind: "mailbox-message" as const, ...cachedOf(row) })),
  ].sort((a, b) => b.id - a.id);
  const messages = all.slice(0, wish.limit);
  const isAsked = terms.length > 0 && byId === null;
  return {
    messages,
    before: all.length > wish.limit ? messages.at(-1)!.id : null,
    only,
    // How many messages there are is not for a person to know.
    notIndexed: isAsked && indexed && account === null ? (await store.read("mailIndexState", null)).missing : 0,
    isIndexed: indexed,
  };
}

/** What a question names by its id, or the one message by its Message-ID. */
async function onlyOne(store: Ports["store"], words: string, account: string | null): Promise<MailList["only"]> {
  const id = parseId(words);
  const kind = id === null ? null : await store.read("kindOfId", { id, account });
  if (id !== null && kind !== null) return { kind: kind === "session" ? "session" : "message", id };
  if (!isMessageId(words)) return null;
  const ids = await store.read("mailByMessageId", { messageId: words, account, limit: 2 });
  return ids.length === 1 ? { kind: "message", id: ids[0]! } : null;
}

/** The question, where it is the Message-ID of some message. */
async function messageIdOf(store: Ports["store"], words: string, account: string | null): Promise<string | null> {
  if (!isMessageId(words)) return null;
  const ids = await store.read("mailByMessageId", { messageId: words, account, limit: 1 });
  return ids.length > 0 ? words : null;
}

function isMessageId(words: string): boolean {
  return words.includes("@") && !/[\s:"]/.test(words);
}

/** Without the fields that are not given. */
function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
