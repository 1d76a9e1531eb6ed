/** What requests may ask of messages. */
import * as v from "valibot";
import { MAIL_STATES } from "../store/queries/mail-choice.ts";
import { given, ID, idSchema, limitSchema, oneOf, wrong } from "./input.ts";
import { dayOf } from "./mail-query.ts";

const words = (most: number) =>
  v.pipe(v.string(), v.maxLength(most, `it is too long, expected at most ${most} characters`));
const DAY = "a day such as 2026-11-24";
const day = given(
  v.pipe(
    v.string(),
    v.check((text) => dayOf(text) !== null, (issue) => wrong(issue, DAY)),
    v.transform((text) => dayOf(text)!),
  ),
  DAY,
);
const WAYS = ["out", "in"] as const;

/** The query of the list of messages. */
export const mailQuery = v.object({
  q: v.optional(words(998), ""),
  from: given(words(320), "words of a sender"),
  to: given(words(320), "words of a recipient"),
  subject: given(words(998), "words of a subject"),
  state: given(v.picklist(MAIL_STATES, (issue) => wrong(issue, oneOf(MAIL_STATES))), oneOf(MAIL_STATES)),
  direction: given(v.picklist(WAYS, (issue) => wrong(issue, oneOf(WAYS))), oneOf(WAYS)),
  since: day,
  until: day,
  before: given(idSchema, ID),
  limit: limitSchema,
});

/** Octets of a source that are shown at once, and the most that may be asked for. */
export const SOURCE_OCTETS = 1024 * 1024;
const MAX_SOURCE_OCTETS = 100 * SOURCE_OCTETS;

function wholeNumber(least: number, most: number, expected: string) {
  return v.pipe(
    v.string(),
    v.check(
      (text) => /^\d{1,12}$/.test(text) && Number(text) >= least && Number(text) <= most,
      (issue) => wrong(issue, expected),
    ),
    v.transform(Number),
  );
}

/** The query of a source: from which octet on, and how many. */
export const sourceQuery = v.object({
  from: v.optional(wholeNumber(0, Number.MAX_SAFE_INTEGER, "a number of octets"), "0"),
  octets: v.optional(
    wholeNumber(1, MAX_SOURCE_OCTETS, `a whole number from 1 to ${MAX_SOURCE_OCTETS}`),
    String(SOURCE_OCTETS),
  ),
});

/** The path of a part of a message. */
export const attachmentParam = v.object({ id: idSchema, number: wholeNumber(0, 10_000_000, "the number of a part") });
