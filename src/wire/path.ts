import { addressLimits, countOctets, findDomainProblem, isAddressLiteral, parseAddress } from "./address.ts";

/** Why arguments were refused: the parts of a reply. The text never repeats what the client sent unchecked. */
export interface ArgumentProblem {
  readonly ok: false;
  /** 501 syntax, 553 the address, 555 a parameter that is not supported. RFC 5321 section 4.2.3. */
  readonly code: 501 | 553 | 555;
  /** Enhanced status code, RFC 3463. */
  readonly enhanced: string;
  /** A sentence for the client. */
  readonly text: string;
}

/** Parameters by keyword in upper case; `true` for a keyword without a value. */
export type Parameters = Map<string, string | true>;

/** What MAIL or RCPT asks for. */
export interface PathArguments {
  readonly ok: true;
  readonly verb: "MAIL" | "RCPT";
  /**
   * `localPart@domain`; empty for the null reverse-path; `postmaster` for `RCPT TO:<postmaster>`; a local part alone
   * where `isLocalName`.
   */
  readonly address: string;
  /** It has no domain: an address only where somebody knows what it stands for. */
  readonly isLocalName: boolean;
  /** The address holds UTF-8: MAIL must carry SMTPUTF8, else 553 5.6.7 (RFC 6531 section 3.5). */
  readonly needsSmtpUtf8: boolean;
  readonly parameters: Parameters;
}

/** The name a client gives itself in EHLO, HELO or LHLO. */
export interface EhloArgument {
  readonly ok: true;
  /** Printable, without spaces at its ends, at most 255 octets. */
  readonly name: string;
  /** It is a domain or an address literal, as RFC 5321 section 4.1.1.1 asks. Many devices send something else. */
  readonly valid: boolean;
}

/** A parameter whose value has a form of its own. */
interface ParameterRow {
  readonly keyword: string;
  readonly rfc: string;
  /** The value in its usual spelling, or undefined when it is wrong. */
  readonly read: (value: string | true) => string | true | undefined;
  readonly expected: string;
}

const xtext = /^(?:[\x21-\x2a\x2c-\x3c\x3e-\x7e]|\+[0-9A-F]{2})+$/;

const mailRows: readonly ParameterRow[] = [
  { keyword: "SIZE", rfc: "RFC 1870", read: matching(/^\d{1,20}$/), expected: "1 to 20 digits" },
  {
    keyword: "BODY",
    rfc: "RFC 6152, RFC 3030",
    read: oneOf("7BIT", "8BITMIME", "BINARYMIME"),
    expected: "7BIT or 8BITMIME",
  },
  { keyword: "SMTPUTF8", rfc: "RFC 6531", read: noValue, expected: "no value" },
  { keyword: "AUTH", rfc: "RFC 4954", read: matching(xtext), expected: "<> or an address in xtext" },
  { keyword: "RET", rfc: "RFC 3461", read: oneOf("FULL", "HDRS"), expected: "FULL or HDRS" },
  { keyword: "ENVID", rfc: "RFC 3461", read: matching(xtext, 100), expected: "up to 100 characters of xtext" },
];

const rcptRows: readonly ParameterRow[] = [
  { keyword: "NOTIFY", rfc: "RFC 3461", read: readNotify, expected: "NEVER, or a list of SUCCESS, FAILURE, DELAY" },
  {
    keyword: "ORCPT",
    rfc: "RFC 3461",
    read: matching(/^[A-Za-z0-9-]+;(?:[\x21-\x2a\x2c-\x3c\x3e-\x7e]|\+[0-9A-F]{2}|\P{ASCII})+$/u, 500),
    expected: "an address type, a semicolon and an address in xtext",
  },
];

/** How one of the two verbs differs from the other. */
interface PathVerb {
  readonly name: "MAIL" | "RCPT";
  readonly prefix: "FROM" | "TO";
  readonly subject: string;
  /** Bad sender's, or bad destination mailbox address syntax. RFC 3463 section 3.2. */
  readonly enhanced: "5.1.7" | "5.1.3";
  readonly rows: readonly ParameterRow[];
}

const mailVerb: PathVerb = {
  name: "MAIL",
  prefix: "FROM",
  subject: "The sender address",
  enhanced: "5.1.7",
  rows: mailRows,
};
const rcptVerb: PathVerb = {
  name: "RCPT",
  prefix: "TO",
  subject: "The recipient address",
  enhanced: "5.1.3",
  rows: rcptRows,
};

/**
 * Reads what stands after MAIL: `FROM:<reverse-path>` and parameters. RFC 5321 sections 4.1.1.2 and 4.1.1.11.
 *
 * Spaces around the colon, inside the brackets and at the end are let pass, as are missing brackets; a source route is
 * dropped (RFC 5321 appendix C). Keywords may come in any case.
 * @param text the rest of the line, decoded as UTF-8
 * @param supported keywords the server offers, in upper case; any other is refused with 555. Absent: all pass.
 */
export function parseMailArguments(text: string, supported?: readonly string[]): PathArguments | ArgumentProblem {
  return parsePathArguments(mailVerb, text, supported);
}

/** Reads what stands after RCPT: `TO:<forward-path>` and parameters, in the way of `parseMailArguments`. RFC 5321 section 4.1.1.3. */
export function parseRcptArguments(text: string, supported?: readonly string[]): PathArguments | ArgumentProblem {
  return parsePathArguments(rcptVerb, text, supported);
}

/** Reads what stands after EHLO or HELO: any printable name, with a note whether it is one that RFC 5321 allows. */
export function parseEhloArgument(text: string): EhloArgument | ArgumentProblem {
  const name = text.trim();
  if (name === "") return refuse(501, "5.5.4", "Say your name: a domain or an address literal");
  if (countOctets(name) > addressLimits.domain) return refuse(501, "5.5.4", "Your name is longer than 255 octets");
  if (/[\p{Cc}\p{Cs}\ufffd]/u.test(name)) {
    return refuse(501, "5.5.4", "Your name holds a character that is not printable");
  }
  const valid = name.startsWith("[") ? isAddressLiteral(name) : findDomainProblem(name) === undefined;
  return { ok: true, name, valid };
}

function parsePathArguments(
  verb: PathVerb,
  text: string,
  supported?: readonly string[],
): PathArguments | ArgumentProblem {
  const start = new RegExp(`^\\s*${verb.prefix}\\s*:\\s*`, "i").exec(text);
  if (!start) return refuse(501, "5.5.4", `${verb.name} needs ${verb.prefix}:<address>`);
  const cut = cutPath(text.slice(start[0].length));
  if (typeof cut === "string") return refuse(501, verb.enhanced, `${verb.subject} ${cut}`);
  const parameters = parseParameters(verb, cut.rest, supported);
  if ("ok" in parameters) return parameters;
  const path = dropSourceRoute(cut.path);
  const plain = { ok: true, verb: verb.name, isLocalName: false, needsSmtpUtf8: false, parameters } as const;
  if (path === "") {
    return verb === mailVerb ? { ...plain, address: "" } : refuse(553, verb.enhanced, `${verb.subject} is empty`);
  }
  if (verb === rcptVerb && path.toLowerCase() === "postmaster") return { ...plain, address: "postmaster" };
  const parsed = parseAddress(path);
  if (parsed.ok) return { ...plain, address: parsed.address.text, needsSmtpUtf8: parsed.address.needsSmtpUtf8 };
  // With a domain behind it, is it an address?
  const named = /^[\x21-\x7e]+$/.test(path) && !path.includes("@") ? parseAddress(`${path}@local`) : parsed;
  if (!named.ok) return refuse(553, verb.enhanced, `${verb.subject} ${parsed.problem}`);
  return { ...plain, address: named.address.localPart, isLocalName: true };
}

/** Cuts the path from what follows it, or says what is wrong. Brackets and spaces within quotes do not count. */
function cutPath(text: string): { path: string; rest: string } | string {
  const bracketed = text.startsWith("<");
  let quoted = false;
  let at = bracketed ? 1 : 0;
  for (; at < text.length; at++) {
    const character = text[at];
    if (quoted && character === "\\") at++;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (bracketed ? character === ">" : character === " " || character === "\t") break;
    else if (character === "<" || character === ">") {
      return "has an angle bracket in the wrong place; write <name@example.net>";
    }
  }
  if (bracketed && at >= text.length) return "has no closing >";
  const path = text.slice(bracketed ? 1 : 0, at).trim();
  const rest = text.slice(bracketed ? at + 1 : at);
  if (!bracketed && path === "") return "is missing; write it as <name@example.net>";
  if (rest !== "" && !/^[ \t]/.test(rest)) return "is followed by something other than a space";
  return { path, rest: rest.trim() };
}

/** RFC 5321 appendix C: a relay may drop `@one,@two:` and send to the mailbox itself. */
function dropSourceRoute(path: string): string {
  return path.replace(/^@(?:\[[^\]]*\]|[^[\],:@])+(?:,\s*@(?:\[[^\]]*\]|[^[\],:@])+)*:\s*/, "");
}

function parseParameters(verb: PathVerb, text: string, supported?: readonly string[]): Parameters | ArgumentProblem {
  const parameters: Parameters = new Map();
  for (const word of text.split(/[ \t]+/)) {
    if (word === "") continue;
    const equals = word.indexOf("=");
    const keyword = (equals < 0 ? word : word.slice(0, equals)).toUpperCase();
    const value = equals < 0 ? true : word.slice(equals + 1);
    if (!/^[A-Z0-9][A-Z0-9-]*$/.test(keyword) || (value !== true && !/^[^\p{Cc}\p{Z}=\ufffd]+$/u.test(value))) {
      return refuse(501, "5.5.4", `${verb.name} has a parameter that is not KEYWORD or KEYWORD=value`);
    }
    if (supported && !supported.includes(keyword)) {
      return refuse(555, "5.5.4", `${verb.name} parameter ${keyword.slice(0, 40)} is not supported`);
    }
    if (parameters.has(keyword)) {
      return refuse(501, "5.5.4", `${verb.name} parameter ${keyword.slice(0, 40)} is given twice`);
    }
    const row = verb.rows.find((candidate) => candidate.keyword === keyword);
    const read = row ? row.read(value) : value;
    if (read === undefined) return refuse(501, "5.5.4", `${verb.name} parameter ${keyword} must be ${row?.expected}`);
    parameters.set(keyword, read);
  }
  return parameters;
}

function refuse(code: ArgumentProblem["code"], enhanced: string, text: string): ArgumentProblem {
  return { ok: false, code, enhanced, text };
}

function matching(pattern: RegExp, maxLength = Infinity): ParameterRow["read"] {
  return (value) => (value !== true && value.length <= maxLength && pattern.test(value) ? value : undefined);
}

function oneOf(...words: string[]): ParameterRow["read"] {
  return (value) => (value === true ? undefined : words.find((word) => word === value.toUpperCase()));
}

function noValue(value: string | true): true | undefined {
  return value === true ? true : undefined;
}

function readNotify(value: string | true): string | undefined {
  if (value === true) return undefined;
  const words = value.toUpperCase().split(",");
  if (words.length === 1 && words[0] === "NEVER") return "NEVER";
  const known = words.every((word) => ["SUCCESS", "FAILURE", "DELAY"].includes(word));
  return known && new Set(words).size === words.length ? words.join(",") : undefined;
}
