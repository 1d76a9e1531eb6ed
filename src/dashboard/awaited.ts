/** Upstreams that are away, and the mail that goes as soon as they answer. */
import type { AwaitedModel, TurnModel } from "../../web/models.ts";
import type { QueryResult } from "../store/queries.ts";
import type { LaneState } from "../relay/lane-ports.ts";

/** When each upstream that is away is asked again, by its name; a time that has passed: at this moment. */
export type Awaited = ReadonlyMap<string, number>;

/** What the worker knows of a message that waits. */
export interface KnownOfWaiting {
  /** What it waits for where its turn has not come. */
  readonly turn?: TurnModel | undefined;
  readonly awaited?: Awaited | undefined;
}

type RecipientRow = Pick<
  NonNullable<QueryResult<"messageHistory">>["recipients"][number],
  "state" | "leaseOwner" | "awaitsLine" | "upstream"
>;

/** The upstreams that take nothing now and are asked until they do. Pure. */
export function awaitedOf(states: readonly Pick<LaneState, "name" | "down">[]): Awaited {
  return new Map(states.flatMap(({ name, down }): [string, number][] => down?.isAsked ? [[name, down.until]] : []));
}

/** The upstream whose first answer sends a recipient's mail; null: it goes at its next attempt. Pure. */
export function awaitedBy(
  { state, leaseOwner, awaitsLine, upstream }: RecipientRow,
  awaited: Awaited = new Map(),
): AwaitedModel | null {
  const askedAt = upstream === null ? undefined : awaited.get(upstream);
  const isAwaiting = state === "waiting" && leaseOwner === null && awaitsLine === true;
  return isAwaiting && askedAt !== undefined ? { upstream: upstream!, askedAt } : null;
}
