/** What API routes give, as schemas: the OpenAPI description is made of them, and tests hold the answers to them. */
import * as v from "valibot";
import { HOPS } from "../dialogue/phases.ts";

/** An object whose fields are not described. */
export const anything = v.looseObject({});

/** An id as people see it. */
export const id = v.pipe(v.string(), v.regex(/^[0-9A-HJKMNP-TV-Z]+$/), v.description("An id such as 1Q4W7Z0K8"));
/** An id, or null. */
export const idOrNull = v.nullable(id);
/** A time in UTC. */
export const time = v.pipe(v.string(), v.isoTimestamp());
/** A time in UTC, or null. */
export const timeOrNull = v.nullable(time);
/** How many. */
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** A size. */
export const octets = v.pipe(count, v.description("Octets"));
/** A duration. */
export const ms = v.pipe(v.number(), v.minValue(0), v.description("Milliseconds"));
/** A text, or null. */
export const textOrNull = v.nullable(v.string());

/** A hop. */
export const HOP = v.picklist(HOPS);
/** What a reply means. */
export const explained = v.nullable(v.object({ meaning: v.string(), mending: v.string() }));

/** Who said a reply: the server, or Waypost, which could not ask it. */
export const speaker = v.picklist(["server", "waypost"]);
/** The upstream that is away and whose first answer sends the mail, and when it is asked next; null: none is. */
export const awaits = v.nullable(v.object({ upstream: v.string(), askedAt: time }));

/** That what was asked for was done. */
export const done = <Key extends string>(key: Key) =>
  v.object({ [key]: v.literal(true) } as Record<Key, v.LiteralSchema<true, undefined>>);
/** Whether there was anything to forget. */
export const lifted = v.object({ lifted: v.boolean() });
/** How many sources were polled. */
export const polled = v.object({ sources: count });
