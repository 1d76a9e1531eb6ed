/** What requests may ask: every parameter is read by a schema, or the request is refused with what was expected. */
import * as v from "valibot";
import { HOPS, type Phase } from "../dialogue/phases.ts";
import { parseId } from "../store/ids.ts";
import { texts } from "../../web/texts.ts";
import { DashboardError } from "./errors.ts";

const PHASES: readonly Phase[] = ["establishment", "transfer", "termination", "authorization", "transaction", "update"];
const OUTCOMES = ["open", "completed", "unfinished", "dropped", "timeout", "refused", "failed", "shutdown"] as const;

/** An empty field of a form means: not given. */
function given<Schema extends v.GenericSchema>(schema: Schema) {
  return v.optional(v.union([v.pipe(v.literal(""), v.transform(() => undefined)), schema]));
}

const idSchema = v.pipe(
  v.string(),
  v.check((text) => parseId(text) !== null, "expected an id such as 1Q4W7Z0K8"),
  v.transform((text) => parseId(text)!),
);

const limitSchema = v.optional(
  v.pipe(v.string(), v.regex(/^\d{1,3}$/, "expected a number"), v.transform(Number), v.minValue(1), v.maxValue(500)),
  "100",
);

/** The query of the list of sessions. */
export const sessionQuery = v.object({
  hop: given(v.picklist(HOPS)),
  outcome: given(v.picklist(OUTCOMES)),
  phase: given(v.picklist(PHASES)),
  before: given(idSchema),
  limit: limitSchema,
});

/** The query of the queue. */
export const queueQuery = v.object({ limit: limitSchema });

/** The query of a search. */
export const searchQuery = v.object({ q: v.optional(v.pipe(v.string(), v.maxLength(998)), "") });

/** The path of one thing. */
export const idParam = v.object({ id: idSchema });

/** The path of an action on a message of the queue. */
export const actionParam = v.object({ id: idSchema, action: v.picklist(["retry", "hold", "release", "remove"]) });

/** The body of a request to fetch; no account: all. */
export const fetchBody = v.object({
  account: given(v.pipe(v.string(), v.maxLength(255))),
  resume: v.optional(v.boolean()),
});

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
