/** The priorities of recipients, the first to go first. */
export const PRIORITIES = [1, 0, -1] as const;

/**
 * SQL that gives the waiting recipients that are due soonest, in no order: `limit` of each priority, by the index that
 * begins with it. Takes the limit as argument once for each priority.
 *
 * "state = 'waiting'" is written out, not bound: the partial index serves a query only where the database sees at
 * preparation that it may.
 */
export const soonestWaiting = PRIORITIES.map((priority) =>
  `select * from (select * from recipient where state = 'waiting' and priority = ${priority}
     order by next_attempt_at limit ?)`
).join(" union all ");

/** The arguments of `soonestWaiting`. */
export function soonestLimits(limit: number): number[] {
  return PRIORITIES.map(() => limit);
}
