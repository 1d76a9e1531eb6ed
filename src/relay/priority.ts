/** The header fields that say how urgent a message is, in lower case. */
export const priorityFields = ["importance", "priority", "x-priority", "precedence"] as const;

/** Which of the messages that are due goes first: 1 before 0 before -1. */
export type Priority = 1 | 0 | -1;

/** The priority of reports: mail that somebody wrote goes before what we have to say about mail. */
export const reportPriority: Priority = -1;

const VALUES: ReadonlyMap<string, Priority> = new Map(Object.entries(
  {
    high: 1,
    urgent: 1,
    low: -1,
    "non-urgent": -1,
    bulk: -1,
    junk: -1,
    list: -1,
  } as const,
));

/**
 * What a message says of its urgency: Importance and Priority (RFC 2156, RFC 4021), X-Priority (1 and 2 high, 4 and 5
 * low), Precedence (bulk, list, junk: low). The first of them that says something decides. Pure.
 * @param fields header fields by their names in lower case
 */
export function priorityOf(fields: ReadonlyMap<string, string>): Priority {
  for (const name of priorityFields) {
    const value = (fields.get(name) ?? "").trim().toLowerCase();
    const grade = name === "x-priority" ? /^[1-5]/.exec(value)?.[0] : undefined;
    const found = grade === undefined ? VALUES.get(value) : "12".includes(grade) ? 1 : "45".includes(grade) ? -1 : 0;
    if (found !== undefined) return found;
  }
  return 0;
}
