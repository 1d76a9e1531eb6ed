import type { Source } from "../settings.ts";
import { portionOf } from "./portion.ts";
import { wholeBudgetOf } from "./source-policy.ts";
import type { SourceContent } from "./trial.ts";

/** What fetching would do with the mail that lies on a source which was never fetched. */
export interface FirstFetch {
  readonly messages: number;
  readonly octets: number;
  /** Would be fetched within the first day; null: the messages are not known one by one. */
  readonly fetch: { readonly messages: number; readonly octets: number } | null;
  /** Would stay there for their size, with a notice here. */
  readonly announced: number;
  /** Would wait for the budget of another day. */
  readonly postponed: number;
  /** Would be deleted there in delete mode, once they are stored here and their time has come. */
  readonly deleted: number;
}

type Rules = Pick<
  Source,
  "mode" | "maxMessageSize" | "messagesPerDay" | "sizePerDay" | "deleteLargerThan" | "keepNewest"
>;

/** Foresees the first fetch by the sizes that a trial has seen. Pure. */
export function foreseeFirst({ messages, octets, sizes }: SourceContent, source: Rules): FirstFetch {
  if (sizes === null) return { messages, octets, fetch: null, announced: 0, postponed: 0, deleted: 0 };
  const listed = sizes.map((_, index) => ({ number: index + 1, uidl: String(index + 1) }));
  const byNumber = new Map(sizes.map((size, index) => [index + 1, size]));
  const budget = wholeBudgetOf(source);
  const rules = { maxMessageSize: source.maxMessageSize, budget, smallFirst: true, sizes: byNumber };
  const { fetch, announce, postponed } = portionOf([], listed, rules, budget);
  const stays = new Set(announce.map(({ number }) => number));
  // What the budget puts off is fetched, and then deleted, on a later day.
  const deleted = source.mode !== "delete"
    ? 0
    : listed.filter(({ number }) =>
      !stays.has(number) && number <= listed.length - source.keepNewest &&
      (source.deleteLargerThan === 0 || byNumber.get(number)! > source.deleteLargerThan)
    ).length;
  return {
    messages,
    octets,
    fetch: {
      messages: fetch.length,
      octets: fetch.reduce((sum, { number }) => sum + byNumber.get(number)!, 0),
    },
    announced: announce.length,
    postponed,
    deleted,
  };
}
