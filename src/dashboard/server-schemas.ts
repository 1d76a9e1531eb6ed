/** What programs send of upstreams and sources: made from the settings table, as the file's keys are. */
import * as v from "valibot";
import type { EntryValue } from "../identity/entries.ts";
import type { ServerKind } from "../../web/server-models.ts";
import { controlOf, docOf } from "./form-fields.ts";
import { rowsOf } from "./server-fields.ts";

const EXPECTED = "expected an object with the keys of the settings file";

/**
 * An entry with the keys of the settings file. Its values are checked by the settings table, which says more of what is
 * wrong; their types and what they are for stand here.
 */
export function serverBody(kind: ServerKind): v.GenericSchema<unknown, EntryValue> {
  const entries = Object.entries(rowsOf(kind)).map(([key, row]) => {
    const { control, options } = controlOf(row);
    const schema = control === "number"
      ? v.union([v.number(), v.unknown()])
      : row.shape === "setting" && row.kind.name === "word"
      ? v.union([v.picklist(options.map(({ value }) => value)), v.unknown()])
      : v.unknown();
    return [key, v.optional(v.pipe(schema, v.description(docOf(row))))] as const;
  });
  return v.looseObject(Object.fromEntries(entries), EXPECTED) as v.GenericSchema<unknown, EntryValue>;
}

/** One that there is, by its name, or one as it would be. */
export function testBody(kind: ServerKind) {
  return v.pipe(
    v.object({ name: v.optional(v.string()), entry: v.optional(serverBody(kind)) }, EXPECTED),
    v.check(({ name, entry }) => (name === undefined) !== (entry === undefined), "expected a name or an entry"),
  );
}
