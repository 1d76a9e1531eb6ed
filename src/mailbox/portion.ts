import type { ListedMessage } from "./ledger.ts";

/** What may still be fetched of a source in these 24 hours; Infinity: no limit. */
export interface Budget {
  readonly messages: number;
  readonly octets: number;
}

/** What a poll does about messages that are not here. */
export interface Portion {
  /** Messages to fetch, in this order. */
  readonly fetch: readonly ListedMessage[];
  /** Messages that stay on the server, of which a notice is stored. */
  readonly announce: readonly ListedMessage[];
  /** Messages that wait until the budget allows them. */
  readonly postponed: number;
}

/** What decides over it. */
export interface PortionRules {
  /** Larger ones are announced; 0: none. */
  readonly maxMessageSize: number;
  readonly budget: Budget;
  /** Small ones come first: somebody waits for a mailbox that was never fetched. */
  readonly smallFirst: boolean;
  /** Octets by message number, as LIST says: they may lie, so nothing but order and portion depends on them. */
  readonly sizes: ReadonlyMap<number, number>;
}

/** The budget of a source without one. */
export const NO_BUDGET: Budget = { messages: Infinity, octets: Infinity };

/** Messages up to this size keep the server's order among each other; each class behind it is twice as large. */
const SMALL_OCTETS = 64 * 1024;

/**
 * Divides messages that are not here: what was asked for comes first and whatever its size and the budget, then what is
 * new as far as the budget goes. A message that alone is more than the whole budget would wait for ever: `wholeBudget` has
 * it announced. Pure.
 */
export function portionOf(
  requested: readonly ListedMessage[],
  fresh: readonly ListedMessage[],
  rules: PortionRules,
  wholeBudget: Budget = NO_BUDGET,
): Portion {
  const limit = Math.min(rules.maxMessageSize === 0 ? Infinity : rules.maxMessageSize, wholeBudget.octets);
  const sizeOf = ({ number }: ListedMessage) => rules.sizes.get(number) ?? 0;
  const announce = fresh.filter((message) => sizeOf(message) > limit);
  const small = fresh.filter((message) => sizeOf(message) <= limit);
  const ordered = rules.smallFirst ? orderBySize(small, sizeOf) : small;
  let { messages, octets } = rules.budget;
  const fetch = [...requested];
  for (const message of ordered) {
    octets -= sizeOf(message);
    // What does not fit waits, and all behind it: else large ones would wait for ever.
    if (--messages < 0 || octets < 0) break;
    fetch.push(message);
  }
  return { fetch, announce, postponed: ordered.length - (fetch.length - requested.length) };
}

/** Whether most of what is listed is not here yet. */
export function isFirstRun(fresh: number, listed: number): boolean {
  return fresh * 2 > listed;
}

/** Size classes in their order, each in the server's order; identical copies share their class. */
function orderBySize(messages: readonly ListedMessage[], sizeOf: (message: ListedMessage) => number): ListedMessage[] {
  const classes = new Map<string, number>();
  for (const message of messages) {
    const original = originalOf(message);
    classes.set(original, Math.max(classes.get(original) ?? 0, classOf(sizeOf(message))));
  }
  return messages.toSorted((one, other) => classes.get(originalOf(one))! - classes.get(originalOf(other))!);
}

function classOf(octets: number): number {
  return Math.max(0, Math.ceil(Math.log2(octets / SMALL_OCTETS)));
}

function originalOf({ uidl }: ListedMessage): string {
  return uidl.split(" ", 1)[0]!;
}
