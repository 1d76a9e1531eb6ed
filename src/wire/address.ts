import { isIPv4, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";

/** A mail address in its parts. RFC 5321 section 4.1.2, with the UTF-8 of RFC 6531 section 3.3. */
export interface Address {
  /** `localPart@domain`; the form in which an address is stored, compared and sent. */
  readonly text: string;
  /** As written, with no more quoting than it needs (RFC 5321 section 4.1.2). */
  readonly localPart: string;
  /** A domain as written, or an address literal with its brackets. */
  readonly domain: string;
  /** Holds characters beyond ASCII: only a peer that offers SMTPUTF8 takes it. */
  readonly needsSmtpUtf8: boolean;
}

/** What `parseAddress` found: an address, or a sentence that says what is wrong with it. */
export type AddressOutcome =
  | { readonly ok: true; readonly address: Address }
  | { readonly ok: false; readonly problem: string };

/** Limits of RFC 5321 section 4.5.3.1, in octets. A path counts its angle brackets. */
export const addressLimits = { localPart: 64, domain: 255, path: 256, label: 63 } as const;

const beyondAscii = "[^\\p{ASCII}\\p{Cc}\\p{Cs}\\p{Z}\\ufffd]";
const dotString = new RegExp(`^(?:[A-Za-z0-9!#$%&'*+\\-/=?^_\`{|}~.]|${beyondAscii})+$`, "u");
const quotedContent = new RegExp(`^(?:[\\x20-\\x7e]|${beyondAscii})*$`, "u");
const domainLabel = new RegExp(`^(?:[A-Za-z0-9_-]|${beyondAscii})+$`, "u");
const otherLiteral = /^[A-Za-z0-9-]*[A-Za-z0-9]:[\x21-\x5a\x5e-\x7e]+$/;
const onlyDots = /^\.+$/;
const onlyAscii = /^\p{ASCII}*$/u;
const encoder = new TextEncoder();

/** The octets of a text in UTF-8. */
export function countOctets(text: string): number {
  return onlyAscii.test(text) ? text.length : encoder.encode(text).length;
}

/**
 * Reads a mailbox, `localPart@domain`, without angle brackets.
 *
 * Wider than RFC 5321 in two places where refusing would only hurt: dots may stand anywhere in a local part (some
 * providers hand out such addresses), and a domain label may hold an underscore (devices of a LAN are named so).
 */
export function parseAddress(text: string): AddressOutcome {
  const parts = splitParts(text);
  if (typeof parts === "string") return { ok: false, problem: parts };
  const problem = findDomainProblem(parts.domain) ?? findLengthProblem(parts.localPart, parts.domain);
  if (problem) return { ok: false, problem };
  const written = `${parts.localPart}@${parts.domain}`;
  return { ok: true, address: { text: written, ...parts, needsSmtpUtf8: !onlyAscii.test(written) } };
}

/**
 * Whether two addresses name the same mailbox: domains in any case (and in Unicode or ASCII form), local parts as
 * written, however quoted. `postmaster` is the same in any case (RFC 5321 section 4.5.1).
 */
export function sameAddress(one: string, other: string): boolean {
  return one === other || comparableForm(one) === comparableForm(other);
}

/**
 * Whether an address fits a pattern: `*@example.net`, `alice@*`, `*@*.example.net`, `alice@example.net`, or `*`, which
 * fits the null address too. A `*` stands for any characters of its part; upper and lower case are the same.
 */
export function matchAddress(pattern: string, address: string): boolean {
  if (pattern === "*") return true;
  const wanted = cutAtLastAt(pattern);
  const given = cutAtLastAt(address);
  if (!wanted || !given) return false;
  return matchWildcard(wanted.localPart.toLowerCase(), unquote(given.localPart).toLowerCase()) &&
    matchWildcard(comparableDomain(wanted.domain), comparableDomain(given.domain));
}

/** Whether a text is a pattern that `matchAddress` can fit: `*`, or an address in which `*` may stand. */
export function isAddressPattern(text: string): boolean {
  return text === "*" || parseAddress(text.replaceAll("*", "x")).ok;
}

/** Whether a text is an address literal of RFC 5321 section 4.1.3, with its brackets. */
export function isAddressLiteral(text: string): boolean {
  if (!text.startsWith("[") || !text.endsWith("]")) return false;
  const content = text.slice(1, -1);
  if (isIPv4(content)) return true;
  if (/^IPv6:/i.test(content)) return isIPv6(content.slice(5)) && !content.includes("%");
  return otherLiteral.test(content);
}

/** What is wrong with a domain or address literal, or undefined when nothing is. */
export function findDomainProblem(domain: string): string | undefined {
  if (domain === "") return "has no domain after the @";
  if (domain.startsWith("[")) {
    return isAddressLiteral(domain)
      ? undefined
      : "has a wrong address literal; write [192.0.2.1] or [IPv6:2001:db8::1]";
  }
  for (const label of domain.split(".")) {
    if (label === "") return "has an empty label in its domain";
    if (countOctets(label) > addressLimits.label) return "has a label of more than 63 octets in its domain";
    if (!domainLabel.test(label)) return "has a character in its domain that is not allowed there";
    if (label.startsWith("-") || label.endsWith("-")) {
      return "has a label in its domain that begins or ends with a hyphen";
    }
  }
  return undefined;
}

function findLengthProblem(localPart: string, domain: string): string | undefined {
  const localOctets = countOctets(localPart);
  const domainOctets = countOctets(domain);
  if (localOctets > addressLimits.localPart) return `has more than ${addressLimits.localPart} octets before the @`;
  if (domainOctets > addressLimits.domain) return `has a domain of more than ${addressLimits.domain} octets`;
  const path = localOctets + domainOctets + "<@>".length;
  return path > addressLimits.path ? `is longer than ${addressLimits.path} octets` : undefined;
}

/** The two parts of an address, its local part checked and in minimal quoting, or what is wrong. */
function splitParts(text: string): { localPart: string; domain: string } | string {
  if (text.startsWith('"')) {
    const end = findClosingQuote(text);
    if (end < 0) return "has an opening quote that is never closed";
    const content = text.slice(1, end).replace(/\\(.)/gsu, "$1");
    if (!quotedContent.test(content)) return "has a character between its quotes that is not allowed there";
    if (end + 1 === text.length) return "has no domain";
    if (text[end + 1] !== "@") return "has something between the closing quote and the @";
    return { localPart: quoteWhereNeeded(content), domain: text.slice(end + 2) };
  }
  const at = text.indexOf("@");
  if (at < 0) return "has no domain";
  const localPart = text.slice(0, at);
  if (localPart === "") return "has nothing before the @";
  if (!dotString.test(localPart) || onlyDots.test(localPart)) {
    return "has a character before the @ that is not allowed there";
  }
  if (text.includes("@", at + 1)) return "has more than one @";
  return { localPart, domain: text.slice(at + 1) };
}

/** Where the quote closes that opens at the start of the text, or -1. */
function findClosingQuote(text: string): number {
  for (let at = 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
  }
  return -1;
}

function quoteWhereNeeded(content: string): string {
  if (dotString.test(content) && !onlyDots.test(content)) return content;
  return `"${content.replace(/["\\]/g, "\\$&")}"`;
}

function unquote(localPart: string): string {
  return localPart.startsWith('"') ? localPart.slice(1, -1).replace(/\\(.)/gsu, "$1") : localPart;
}

function cutAtLastAt(text: string): { localPart: string; domain: string } | undefined {
  const at = text.lastIndexOf("@");
  return at < 0 ? undefined : { localPart: text.slice(0, at), domain: text.slice(at + 1) };
}

function comparableForm(text: string): string {
  const parsed = parseAddress(text);
  if (!parsed.ok) return text.toLowerCase() === "postmaster" ? "postmaster" : text;
  const { localPart, domain } = parsed.address;
  const local = localPart.toLowerCase() === "postmaster" ? "postmaster" : localPart;
  return `${local}@${comparableDomain(domain)}`;
}

/** Lower case, each Unicode label in its ASCII form, wildcards untouched. */
function comparableDomain(domain: string): string {
  const lower = domain.toLowerCase();
  if (onlyAscii.test(lower)) return lower;
  return lower.split(".").map((label) => (onlyAscii.test(label) ? label : domainToASCII(label) || label)).join(".");
}

/** Fits `*` to any run of characters, in time linear in the text for each `*` and without backtracking further. */
function matchWildcard(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === text;
  const last = rest.pop() ?? "";
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const limit = text.length - last.length;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > limit) return false;
    at = found + piece.length;
  }
  return true;
}
