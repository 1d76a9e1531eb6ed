import { isIP } from "node:net";
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isAddressPattern } from "../wire/address.ts";
import { parseScramKeys } from "../wire/scram.ts";
import { Secret, SECRET_SHOWN } from "../wire/secret.ts";
import {
  createNetworks,
  type Endpoint,
  EXPECTED_NETWORK,
  faultOfNetwork,
  isHostName,
  type Networks,
  parseEndpoint,
} from "./network.ts";
import type { Kind, Problem, Read, Surroundings } from "./table.ts";
import { parseDuration, parseSize } from "./units.ts";

/** A file of certificates or a key that the settings name, and what it held when they were read. */
export interface PemFile<Content> {
  readonly path: string;
  readonly pem: Content;
}

interface Failure {
  readonly problems: readonly Problem[];
}

function fail(expected: string, shown?: string): Failure {
  return { problems: [shown === undefined ? { expected } : { expected, shown }] };
}

/** A kind that is written as text; `read` gives undefined where the text is not what `expected` says. */
export function textual<T extends string | number | object, P extends string>(
  kind: Omit<Kind<T, P>, "read">,
  read: (text: string, from: Surroundings) => T | Failure | undefined,
): Kind<T, P> {
  return {
    ...kind,
    read: (value, from) => {
      const outcome = typeof value === "string" ? read(value, from) : undefined;
      if (outcome === undefined) return fail(kind.expected);
      return isFailure(outcome) ? outcome : { value: outcome };
    },
  };
}

function isFailure(outcome: string | number | object): outcome is Failure {
  return typeof outcome === "object" && "problems" in outcome;
}

/** A whole number of so many `unit`s. */
export function whole(min: number, max: number, unit = ""): Kind<number> {
  const expected = `a whole number from ${min} to ${max}`;
  return {
    name: "whole number",
    expected,
    range: `${min} to ${max}`,
    unit,
    property: "camel",
    read: (value) => isWithin(value, min, max) && Number.isInteger(value) ? { value } : fail(expected),
  };
}

/** A number, whole or not. */
export function decimal(min: number, max: number): Kind<number> {
  const expected = `a number from ${min} to ${max}`;
  return {
    name: "number",
    expected,
    range: `${min} to ${max}`,
    property: "camel",
    read: (value) => isWithin(value, min, max) ? { value } : fail(expected),
  };
}

function isWithin(value: unknown, min: number, max: number): value is number {
  return typeof value === "number" && value >= min && value <= max;
}

/** true or false. */
export const flag: Kind<boolean> = {
  name: "true or false",
  expected: "true or false, without quotes",
  property: "camel",
  read: (value) => typeof value === "boolean" ? { value } : fail("true or false, without quotes"),
};

/** One of some words. */
export function choice<const Word extends string>(...words: Word[]): Kind<Word> {
  const quoted = words.map((word) => `"${word}"`);
  const range = quoted.join(", ");
  const expected = `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  return textual({ name: "word", expected, range, property: "camel" }, (text) => words.find((word) => word === text));
}

/** A size; resolved to octets. */
export function size(min: string, max: string): Kind<number> {
  const [least, most] = [parseSize(min) ?? 0, parseSize(max) ?? 0];
  const expected = `a size from "${min}" to "${max}", in B, KB, MB, GB, KiB, MiB or GiB`;
  const kind = { name: "size", expected, range: `${min} to ${max}`, unit: "octets", property: "camel" } as const;
  return textual(kind, (text) => {
    const octets = parseSize(text);
    return octets !== undefined && octets >= least && octets <= most ? octets : undefined;
  });
}

/** A duration; resolved to milliseconds, in a field whose name ends in `Ms`. */
export function duration(min: string, max: string): Kind<number, "camelMs"> {
  const [least, most] = [parseDuration(min) ?? 0, parseDuration(max) ?? 0];
  const expected = `a duration from "${min}" to "${max}", in ms, s, m, h or d`;
  const kind = { name: "duration", expected, range: `${min} to ${max}`, unit: "ms", property: "camelMs" } as const;
  return textual(kind, (text) => {
    const ms = parseDuration(text);
    return ms !== undefined && ms >= least && ms <= most ? ms : undefined;
  });
}

/** A text of at least one character, without control characters. `what` is what it stands for: "a user name". */
export function words(what: string, maxLength = 255): Kind<string> {
  const expected = `${what}: 1 to ${maxLength} characters, none of them a control character`;
  return textual({ name: "text", expected, property: "camel" }, (text) => isPlain(text, maxLength) ? text : undefined);
}

/** A text that others refer to: no blanks around it. */
export function label(what: string): Kind<string> {
  const expected = `${what}: 1 to 255 characters, without blanks around it`;
  const kind = { name: "text", expected, property: "camel" } as const;
  return textual(kind, (text) => isPlain(text, 255) && text.trim() === text ? text : undefined);
}

function isPlain(text: string, maxLength: number): boolean {
  return text.length > 0 && text.length <= maxLength && !/\p{Cc}/u.test(text);
}

/** The domain name of this machine. */
export const domain: Kind<string> = textual({
  name: "domain name",
  expected: 'a domain name such as "waypost.lan"',
  property: "camel",
}, (text) => isHostName(text) ? text.toLowerCase() : undefined);

/** A server's name or address. */
export const host: Kind<string> = textual({
  name: "host",
  expected: 'a host name or address such as "mail.example.net", without the port, which has a key of its own',
  property: "camel",
}, (text) => {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  return isIP(bare) !== 0 || isHostName(text) ? bare : undefined;
});

/** Where to listen. */
export const endpoint: Kind<Endpoint, "endpoint"> = textual({
  name: "address and port",
  expected: 'an address and a port such as "127.0.0.1:2525" or "[::1]:2525", the port from 0 to 65535',
  range: "port 0 to 65535",
  property: "endpoint",
}, parseEndpoint);

/** A list; each item is of the same kind. */
export function list<T>(item: Kind<T>, least = 0): Kind<readonly T[]> {
  const expected = `a list of ${least > 0 ? `at least ${least}` : "items"} in brackets, each ${item.expected}`;
  return {
    name: `list: ${item.name}`,
    expected,
    property: "camel",
    read: (value, from) => {
      if (!Array.isArray(value) || value.length < least) return fail(expected);
      const read = value.map((one) => item.read(one, from));
      const problems = read.flatMap((one, index) =>
        "problems" in one ? one.problems.map((problem) => ({ ...problem, at: [index, ...problem.at ?? []] })) : []
      );
      return problems.length > 0 ? { problems } : { value: read.flatMap((one) => "value" in one ? [one.value] : []) };
    },
  };
}

const network: Kind<string> = textual(
  { name: "network", expected: EXPECTED_NETWORK, property: "camel" },
  (text) => {
    const fault = faultOfNetwork(text);
    return fault === undefined ? text : fail(fault);
  },
);

const networkList = list(network);

/** A list of networks in CIDR notation or addresses; resolved to a set that answers `contains`. */
export const networks: Kind<Networks> = {
  ...networkList,
  name: "list: network",
  read: (value, from) => {
    const read = networkList.read(value, from);
    return "value" in read ? { value: createNetworks(read.value) } : read;
  },
};

/** A pattern of mail addresses, matched by `matchAddress`. */
export const addressPattern: Kind<string> = textual({
  name: "address pattern",
  expected: 'a mail address such as "alice@example.net" in which * may stand for anything, or "*" for all',
  property: "camel",
}, (text) => isAddressPattern(text) ? text : undefined);

/** A file or folder; resolved to an absolute path. */
export const path: Kind<string> = textual({
  name: "path",
  expected: "a path, absolute or from the folder of the settings file",
  property: "camel",
}, (text, from) => isPlain(text, 4096) ? resolve(from.baseDir, text) : undefined);

/** Reads a file, for a kind whose value names one. The problem names the file and the system's reason. */
export function readNamedFile(text: string, from: Surroundings): Read<{ path: string; content: string }> {
  if (!isPlain(text, 4096)) return fail("the path of a file");
  const absolute = resolve(from.baseDir, text);
  try {
    return { value: { path: absolute, content: from.readFile(absolute) } };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return fail(`a file that can be read; reading ${absolute} fails with ${code}`);
  }
}

function pemFile<T>(name: string, marker: RegExp, what: string, wrap: (pem: string) => T): Kind<PemFile<T>> {
  const expected = `the path of a PEM file with ${what}`;
  return textual({ name, expected, property: "camel" }, (text, from): PemFile<T> | Failure => {
    const read = readNamedFile(text, from);
    if ("problems" in read) return { problems: read.problems };
    const { path, content } = read.value;
    if (!marker.test(content)) return fail(`${expected}; ${path} holds none`);
    return { path, pem: wrap(content) };
  });
}

/** A file of one or more certificates. */
export const certificateFile: Kind<PemFile<string>> = pemFile(
  "path of a PEM file",
  /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/,
  'certificates ("BEGIN CERTIFICATE")',
  (pem) => pem,
);

/** A file with a private key. */
export const keyFile: Kind<PemFile<Secret>> = pemFile(
  "path of a PEM file",
  /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/,
  'a private key without a passphrase ("BEGIN PRIVATE KEY")',
  (pem) => new Secret(pem),
);

/** A secret that may also be written as KEY_file (a file that holds it) or KEY_env (an environment variable). */
export const indirectSecret: Kind<Secret> = textual({
  name: "secret",
  expected: "1 to 4096 characters in one line",
  property: "camel",
  secret: "indirect",
}, (text) => isPlain(text, 4096) ? new Secret(text) : undefined);

/** A password hash as `waypost account password` writes it. */
export const passwordHash: Kind<Secret> = textual({
  name: "scrypt hash",
  expected: 'a hash that begins with "$scrypt$", as "waypost account password" writes it',
  property: "camel",
  secret: "direct",
}, (text) => /^\$scrypt\$[\x21-\x7e]+$/.test(text) ? new Secret(text) : undefined);

/** Keys for SCRAM as `waypost account password` writes them. */
export const scramKeys: Kind<Secret> = textual({
  name: "SCRAM keys",
  expected: "keys of the form SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY, with 4096 to 1000000 iterations",
  property: "camel",
  secret: "direct",
}, (text) => parseScramKeys(text) ? new Secret(text) : undefined);

/** The database: a file, whose path is made absolute, or a libSQL server. */
export const storeUrl: Kind<string> = textual({
  name: "URL",
  expected: 'a file such as "file:./data/waypost.db", or the http://, https:// or libsql:// URL of a libSQL server',
  property: "camel",
}, (text, from) => {
  if (text.startsWith("file:")) return readFileUrl(text, from);
  if (!/^(?:https?|libsql):\/\/[^/]/.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username === "" && url.password === "" && url.search === "") return text;
  return fail("a URL without a user, a password or parameters; the token belongs in auth_token", SECRET_SHOWN);
});

function readFileUrl(text: string, from: Surroundings): string | undefined {
  const rest = text.slice("file:".length);
  if (!isPlain(rest, 4096) || /[?#]/.test(rest) || rest.endsWith("/")) return undefined;
  try {
    if (rest.startsWith("//")) return pathToFileURL(fileURLToPath(text)).href;
    const written = decodeURIComponent(rest);
    return pathToFileURL(isAbsolute(written) ? written : resolve(from.baseDir, written)).href;
  } catch (error) {
    if (error instanceof TypeError || error instanceof URIError) return undefined;
    throw error;
  }
}
