/** What requests may ask: every parameter is read by a schema, or the request is refused with what was expected. */
import * as v from "valibot";
import { AUDIT_KINDS } from "../identity/audit.ts";
import { HOPS, type Phase } from "../dialogue/phases.ts";
import { isAddressPattern } from "../wire/address.ts";
import { parseDuration, parseSize } from "../settings/units.ts";
import { parseId } from "../store/ids.ts";
import { texts } from "../../web/texts.ts";
import { DashboardError } from "./errors.ts";
import { RANGE_NAMES } from "./ranges.ts";

const PHASES: readonly Phase[] = ["establishment", "transfer", "termination", "authorization", "transaction", "update"];
const OUTCOMES = ["open", "completed", "unfinished", "dropped", "timeout", "refused", "failed", "shutdown"] as const;

/** What people read of a wrong value: its first characters. */
const SHOWN_CHARACTERS = 60;

/** An empty field of a form means: not given. */
export function given<Schema extends v.GenericSchema>(schema: Schema, expected: string) {
  return v.optional(
    v.union([v.pipe(v.literal(""), v.transform(() => undefined)), schema], (issue) => wrong(issue, expected)),
  );
}

/** That a value is not right, and what was expected. */
export function wrong({ received }: { readonly received: string }, expected: string): string {
  const shown = received.length > SHOWN_CHARACTERS ? `${received.slice(0, SHOWN_CHARACTERS)}…` : received;
  return `${shown} is not right, expected ${expected}`;
}

/** The names that may be given, for the error. */
export function oneOf(names: readonly string[]): string {
  return `one of ${names.join(", ")}`;
}

/** What an id looks like. */
export const ID = "an id such as 1Q4W7Z0K8";
const LOGIN = "the login of an account";
const ADDRESS = "a network address";
const MAX_ROWS = 500;
const ROWS = `a whole number from 1 to ${MAX_ROWS}`;
const ACTIONS = ["retry", "hold", "release", "remove", "bounce", "send-by", "readdress"] as const;
const PATTERN = "an address such as alice@example.net, in which * may stand for anything";
const AGE = "a duration such as 30m, 4h or 2d";

/** An id as people write it. */
export const idSchema = v.pipe(
  v.string(),
  v.check((text) => parseId(text) !== null, (issue) => wrong(issue, ID)),
  v.transform((text) => parseId(text)!),
);

/** How many rows are wanted. */
export const limitSchema = v.optional(
  v.pipe(
    v.string(),
    v.check(
      (text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_ROWS,
      (issue) => wrong(issue, ROWS),
    ),
    v.transform(Number),
  ),
  "100",
);

const TIME = "a time in UTC such as 2026-06-01T14:05:00Z";
const TIME_FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z$/;

const time = given(
  v.pipe(
    v.string(),
    v.check((text) => TIME_FORM.test(text) && !Number.isNaN(Date.parse(text)), (issue) => wrong(issue, TIME)),
    v.transform((text) => Date.parse(text)),
  ),
  TIME,
);

const PEER = "the address of a client, the name of an upstream or of a source";
const peer = given(v.pipe(v.string(), v.maxLength(255, PEER)), PEER);
const range = given(v.picklist(RANGE_NAMES, (issue) => wrong(issue, oneOf(RANGE_NAMES))), oneOf(RANGE_NAMES));

/** The query of the overview. */
export const overviewQuery = v.object({ chart: range });

/** The query of the traffic by phase. */
export const trafficQuery = v.object({ hop: given(v.picklist(HOPS), oneOf(HOPS)), range, peer });

/** The query of the list of sessions. */
export const sessionQuery = v.object({
  hop: given(v.picklist(HOPS), oneOf(HOPS)),
  outcome: given(v.picklist(OUTCOMES), oneOf(OUTCOMES)),
  phase: given(v.picklist(PHASES), oneOf(PHASES)),
  peer,
  from: time,
  to: time,
  before: given(idSchema, ID),
  limit: limitSchema,
});

const pattern = given(
  v.pipe(v.string(), v.maxLength(320), v.check(isAddressPattern, (issue) => wrong(issue, PATTERN))),
  PATTERN,
);

/** Which messages of the queue are meant; an age is a duration, resolved to milliseconds. */
export const queueMatch = v.object({
  sender: pattern,
  recipient: pattern,
  upstream: given(v.pipe(v.string(), v.maxLength(255)), "the name of an upstream"),
  state: given(v.picklist(["waiting", "held"]), oneOf(["waiting", "held"])),
  age: given(
    v.pipe(
      v.string(),
      v.check((text) => parseDuration(text) !== undefined, (issue) => wrong(issue, AGE)),
      v.transform((text) => parseDuration(text)!),
    ),
    AGE,
  ),
});

/** The query of the queue. */
export const queueQuery = v.object({ limit: limitSchema, ...queueMatch.entries });

/** Whether conditions leave anything out: without one they fit all messages. */
function isNarrow(match: object | undefined): boolean {
  return Object.values(match ?? {}).some((value) => value !== undefined);
}

/** What an owner wants done: to messages by their ids, to all that match, or to all there are, which must be said. */
export const queueActionBody = v.pipe(
  v.object({
    action: v.picklist(ACTIONS, (issue) => wrong(issue, oneOf(ACTIONS))),
    ids: v.optional(v.array(idSchema)),
    // A condition that is not known must not be passed over: what remains would fit more messages than were meant.
    match: v.optional(v.strictObject(queueMatch.entries)),
    all: v.optional(v.literal(true, (issue) => wrong(issue, "true"))),
    by: given(v.string(), "the name of an upstream"),
    from: given(v.string(), "a recipient"),
    to: given(v.string(), "a mail address"),
  }),
  v.check(
    ({ ids, match, all }) => ids !== undefined || isNarrow(match) || all === true,
    'expected ids, match with a condition, or "all": true',
  ),
  v.check(
    ({ ids, match, all }) => [ids !== undefined, isNarrow(match), all === true].filter(Boolean).length <= 1,
    'expected only one of ids, match with a condition, and "all": true',
  ),
);

/** The path of one thing. */
export const idParam = v.object({ id: idSchema });

/** The path of an action on a message of the queue. */
export const actionParam = v.object({
  id: idSchema,
  action: v.picklist(ACTIONS, (issue) => wrong(issue, oneOf(ACTIONS))),
});

/** The body of a request to fetch, as JSON or of a form; no account: all. */
export const fetchBody = v.object({
  account: given(v.pipe(v.string(), v.maxLength(255)), LOGIN),
  source: given(v.pipe(v.string(), v.maxLength(255)), "the name of a source"),
  resume: v.optional(
    v.union(
      [v.boolean(), v.pipe(v.literal("true"), v.transform(() => true))],
      (issue) => wrong(issue, "true or false"),
    ),
    false,
  ),
}, 'expected an object such as {} or {"account": "alice@example.net"}');

/** The body of a request for a plan: as for one to fetch. */
export const planBody = v.object({ account: fetchBody.entries.account, source: fetchBody.entries.source });

/** Which message of a mailbox is to be restored; absent: all that can be. */
export const restoreBody = v.object({ message: v.optional(idSchema) });

/** The body of a request as JSON; nothing is an empty object. @throws DashboardError 400 */
export function parseJson(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DashboardError(400, "BAD_INPUT", texts.errors.badInput("expected JSON"), { cause });
  }
}

/** Whose failed logins are to be forgotten: an address or a login, as JSON or of a form. */
export const suspectBody = v.pipe(
  v.object({
    address: given(v.pipe(v.string(), v.maxLength(64)), ADDRESS),
    login: given(v.pipe(v.string(), v.maxLength(512)), LOGIN),
  }, 'expected an object such as {"address": "192.0.2.1"}'),
  v.check(({ address, login }) => (address === undefined) !== (login === undefined), "expected an address or a login"),
  v.transform(({ address, login }) => address === undefined ? { login: login! } : { address }),
);

/** The form by which people sign in. */
export const signInForm = v.object({
  name: v.pipe(v.string(), v.maxLength(256)),
  password: v.pipe(v.string(), v.maxLength(1024)),
  next: v.optional(v.string()),
});

/** The form by which the first owner is made. */
export const setUpForm = v.object({
  code: v.pipe(v.string(), v.maxLength(64)),
  name: v.pipe(v.string(), v.maxLength(256)),
  password: v.pipe(v.string(), v.maxLength(1024)),
  again: v.pipe(v.string(), v.maxLength(1024)),
});

/** Reads input by a schema. @throws DashboardError 400 that names the field and what was expected */
export function read<Schema extends v.GenericSchema>(schema: Schema, input: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const field = v.getDotPath(issue);
  throw new DashboardError(
    400,
    "BAD_INPUT",
    texts.errors.badInput(field === null ? issue.message : `${field}: ${issue.message}`),
  );
}

/** A client that waits to be allowed, by its address. */
export const dismissForm = v.object({ address: v.pipe(v.string(), v.maxLength(64, ADDRESS)) });

const DIRECTIONS = ["up", "down"] as const;

/** Where a route goes: one place up or down. */
export const moveBody = v.object({
  direction: v.picklist(DIRECTIONS, (issue) => wrong(issue, oneOf(DIRECTIONS))),
});

/** The query of the log of changes. */
export const changesQuery = v.object({
  kind: given(v.picklist(AUDIT_KINDS, (issue) => wrong(issue, oneOf(AUDIT_KINDS))), oneOf(AUDIT_KINDS)),
  before: given(idSchema, ID),
  limit: limitSchema,
});

/** The query of a route: what is asked about a message; its size as "25MB". */
export const routeQuery = v.object({
  sender: v.optional(v.pipe(v.string(), v.maxLength(320)), ""),
  recipient: v.optional(v.pipe(v.string(), v.maxLength(320)), ""),
  account: v.optional(v.pipe(v.string(), v.maxLength(255)), ""),
  device: v.optional(v.pipe(v.string(), v.maxLength(255)), ""),
  size: v.pipe(
    v.optional(v.string(), "0B"),
    v.check((text) => parseSize(text) !== undefined, (issue) => wrong(issue, "a size such as 25MB")),
    v.transform((text) => parseSize(text)!),
  ),
});

/** The path of an account, device or route. */
export const nameParam = v.object({ name: v.pipe(v.string(), v.maxLength(255)) });

/** An entry as the settings file would have it: its keys and values, checked by the table of settings. */
export const entryBody = v.record(v.string(), v.unknown(), "expected an object with the keys of the settings");

/** What is changed of an entry: keys and values; null takes a key away. `seenAt`: `changedAt` of what was read. */
export const entryChangeBody = v.object({
  value: entryBody,
  seenAt: v.optional(v.pipe(v.string(), v.isoTimestamp(), v.transform((text) => Date.parse(text)))),
}, 'expected an object such as {"value": {"upstream": "provider"}}');

/** A new password. */
export const passwordBody = v.object({ password: v.string() });

/** A client that waits: dismissed, or shown again. */
export const dismissBody = v.object({
  address: v.pipe(v.string(), v.maxLength(64, ADDRESS)),
  dismissed: v.optional(v.boolean(), true),
});
