import type { Kind } from "./table.ts";

/* Kinds of values that only sources have. */

/** A duration, or the word "never", which resolves to Infinity. */
export function orNever(kind: Kind<number, "camelMs">): Kind<number, "camelMs"> {
  const expected = `${kind.expected}, or "never"`;
  return {
    ...kind,
    expected,
    range: `${kind.range}, never`,
    read: (value, from) => {
      if (value === "never") return { value: Infinity };
      const read = kind.read(value, from);
      return "value" in read ? read : { problems: [{ expected }] };
    },
  };
}

const FIELD = 'the name of a header field such as "Delivered-To", without the colon';

/** The name of a header field; RFC 5322 section 3.6.8. */
export const fieldName: Kind<string> = {
  name: "field name",
  expected: FIELD,
  property: "camel",
  read: (value) =>
    typeof value === "string" && /^[\x21-\x39\x3b-\x7e]{1,76}$/.test(value)
      ? { value }
      : { problems: [{ expected: FIELD }] },
};
