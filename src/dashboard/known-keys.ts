/** What is not known is not passed over: a key that is mistyped would leave out what was meant. */
import type * as v from "valibot";
import { suggestKey } from "../settings/suggest.ts";
import { texts } from "../../web/texts.ts";
import { DashboardError } from "./errors.ts";

/** What of valibot's schemas matters here: the fields of an object, and what stands within an optional one. */
interface Shape {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly wrapped?: Shape;
}

/**
 * Holds a JSON body to the keys that its schema names; a schema that takes any key (of an entry of the settings, whose own
 * table knows them) is left to itself.
 * @throws DashboardError 400 that names the key and what was expected
 */
export function refuseUnknownKeys(schema: v.GenericSchema, body: unknown): void {
  const found = unknownKey(schema as unknown as Shape, body, "");
  if (!found) return;
  const { path, key, known } = found;
  const expected = known.length === 0 ? "no keys" : suggestKey(key, known, []);
  const problem = `${path}${key}: nothing is known of that key, expected ${expected}`;
  throw new DashboardError(400, "BAD_INPUT", texts.errors.badInput(problem));
}

interface Unknown {
  readonly path: string;
  readonly key: string;
  readonly known: readonly string[];
}

function unknownKey(schema: Shape, value: unknown, path: string): Unknown | null {
  if (schema.wrapped) return unknownKey(schema.wrapped, value, path);
  const { type, entries } = schema;
  if (type !== "object" || !entries || typeof value !== "object" || value === null || Array.isArray(value)) return null;
  for (const [key, inner] of Object.entries(value)) {
    if (!Object.hasOwn(entries, key)) return { path, key, known: Object.keys(entries) };
    const found = unknownKey(entries[key]!, inner, `${path}${key}.`);
    if (found) return found;
  }
  return null;
}
