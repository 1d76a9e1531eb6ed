/** What API routes give, as schemas: the OpenAPI description is made of them, and tests hold the answers to them. */
import * as v from "valibot";

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
