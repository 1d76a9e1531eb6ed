import type { Path } from "./lines.ts";

/** What reading a setting needs from outside. */
export interface Surroundings {
  /** The folder where relative paths start: that of the settings file. */
  readonly baseDir: string;
  /** The folder where Waypost was started: the default data folder stands in it. */
  readonly workDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What runs Waypost: they do not have the same versions of TLS. */
  readonly runtime: "deno" | "node";
  /** Reads a whole file as UTF-8. @throws an Error with a `code` when it cannot be read */
  readonly readFile: (path: string) => string;
}

/** A value as it is written in the file. */
export type Written = string | number | boolean | readonly Written[];

/** What is wrong with a value: what was expected, where within the value, and how to show the wrong part. */
export interface Problem {
  readonly expected: string;
  readonly at?: Path;
  readonly shown?: string;
}

/** A value read, or what is wrong with it. */
export type Read<T> = { readonly value: T } | { readonly problems: readonly Problem[] };

/** A kind of value: how it is written and what becomes of it. `Property` says how the resolved field is named. */
export interface Kind<T, Property extends string = "camel"> {
  /** The word for it in the documentation: "size", "duration", "list of networks". */
  readonly name: string;
  /** Ends the sentence "expected …". */
  readonly expected: string;
  readonly range?: string;
  /** The unit of the resolved value. */
  readonly unit?: string;
  /** "camel": the key in camelCase; "camelMs": that and Ms; anything else: the name itself. */
  readonly property: Property;
  /** Never shown; "indirect" may also be written as KEY_file or KEY_env. */
  readonly secret?: "direct" | "indirect";
  readonly read: (value: unknown, from: Surroundings) => Read<T>;
}

/** The fields that stand before a setting in its table, and the root's, already resolved. */
export type Resolved = Readonly<Record<string, unknown>>;

/** A setting that has another setting's value to thank for its default. */
export interface Derived {
  readonly text: string;
  readonly value: (entry: Resolved, root: Resolved, from: Surroundings) => unknown;
}

/** One row of the table. `T` is the type of the resolved value. */
export interface Setting<T, Property extends string = "camel"> {
  readonly shape: "setting";
  readonly kind: Kind<unknown, Property>;
  readonly need: "required" | "optional" | "default" | "derived";
  readonly default?: Written | undefined;
  readonly derived?: Derived | undefined;
  readonly example: Written;
  readonly doc: string;
  /** Carries the type only. */
  readonly resolved?: readonly [T];
}

/** Reports what is wrong between values: the key (relative to the table), what was expected, the value as shown. */
export type Report = (at: Path, expected: string, shown: string) => void;

/** A TOML table. */
export interface Group<R extends Rows> {
  readonly shape: "group";
  readonly doc: string;
  readonly rows: R;
  readonly check?: ((values: never, report: Report) => void) | undefined;
}

/** An array of TOML tables; `Property` is the name of the resolved list. */
export interface Entries<R extends Rows, Property extends string> {
  readonly shape: "entries";
  readonly doc: string;
  readonly rows: R;
  readonly property: Property;
  readonly default: readonly Readonly<Record<string, Written>>[];
  /** Whether one table may be written without the double brackets. */
  readonly single: boolean;
  readonly check?: ((values: never, report: Report) => void) | undefined;
}

/** The keys of a table. */
export interface Rows {
  readonly [key: string]: Setting<unknown, string> | Group<Rows> | Entries<Rows, string>;
}

type Camel<Key extends string> = Key extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Key;

type Named<Key extends string, Property extends string> = Property extends "camel" ? Camel<Key>
  : Property extends "camelMs" ? `${Camel<Key>}Ms`
  : Property;

type NameOf<Key extends string, Row> = Row extends Setting<unknown, infer Property> ? Named<Key, Property>
  : Row extends Entries<Rows, infer Property> ? Property
  : Camel<Key>;

type ValueOf<Row> = Row extends { shape: "setting"; resolved?: readonly [infer T] } ? T
  : Row extends { shape: "group"; rows: infer R } ? Values<R>
  : Row extends { shape: "entries"; rows: infer R } ? readonly Values<R>[]
  : never;

/** The resolved settings of a table: camelCase names, durations in ms (names end in `Ms`), sizes in octets. */
export type Values<R> = { readonly [Key in keyof R & string as NameOf<Key, R[Key]>]: ValueOf<R[Key]> };

/** The name of the resolved field for a key. */
export function propertyOf(key: string, property: string): string {
  const camel = key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  if (property === "camel") return camel;
  return property === "camelMs" ? `${camel}Ms` : property;
}

/** A setting with a default. */
export function setting<T, P extends string>(kind: Kind<T, P>, preset: Written, doc: string): Setting<T, P> {
  return { shape: "setting", kind, need: "default", default: preset, example: preset, doc };
}

/** A setting that must be given wherever its table is. */
export function required<T, P extends string>(kind: Kind<T, P>, example: Written, doc: string): Setting<T, P> {
  return { shape: "setting", kind, need: "required", example, doc };
}

/** A setting that may be absent. */
export function optional<T, P extends string>(
  kind: Kind<T, P>,
  example: Written,
  doc: string,
): Setting<T | undefined, P> {
  return { shape: "setting", kind, need: "optional", example, doc };
}

/** A setting whose default comes from other settings. */
export function derived<T, P extends string>(
  kind: Kind<T, P>,
  example: Written,
  preset: { text: string; value: (entry: Resolved, root: Resolved, from: Surroundings) => T },
  doc: string,
): Setting<T, P> {
  return { shape: "setting", kind, need: "derived", derived: preset, example, doc };
}

/** A table of settings; `check` looks at its values together. */
export function group<const R extends Rows>(
  doc: string,
  rows: R,
  check?: (values: Values<NoInfer<R>>, report: Report) => void,
): Group<R> {
  return { shape: "group", doc, rows, check };
}

/** A list of tables, such as `[[upstream]]`. */
export function entries<const R extends Rows, P extends string>(
  property: P,
  doc: string,
  rows: R,
  options: {
    default?: Entries<R, P>["default"];
    single?: boolean;
    check?: (values: Values<NoInfer<R>>, report: Report) => void;
  } = {},
): Entries<R, P> {
  const { single = false, check } = options;
  return { shape: "entries", doc, rows, property, default: options.default ?? [], single, check };
}

/** The keys of secrets in a table and the tables within it. */
export function listSecretKeys(rows: Rows): string[] {
  return Object.entries(rows).flatMap(([key, row]) =>
    row.shape !== "setting" ? listSecretKeys(row.rows) : row.kind.secret ? [key] : []
  );
}
