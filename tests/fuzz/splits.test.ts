import { Buffer } from "node:buffer";
import process from "node:process";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cutAt, octetByOctet, playOctets } from "../support/half-closed.ts";
import { pop3Dictionary, smtpDictionary } from "./dictionaries.ts";
import { judgedPop3 } from "./pop3-judge.ts";
import type { Dictionary } from "./sessions.ts";
import { judgedSession } from "./smtp-judge.ts";

/** Cases of each protocol. */
const cases = Number(process.env["WAYPOST_SPLIT_CASES"] ?? 2_000);
const seed = process.env["WAYPOST_SPLIT_SEED"];
const MS_EACH = 20;

/** What is seen from outside: everything that the server said, how it ended, what it took. */
async function outcomeOfSmtp(variant: number, pieces: readonly Uint8Array[], pauses: boolean) {
  const judged = await judgedSession(variant);
  const { output, record } = await playOctets(judged.serve, pieces, pauses);
  expect(judged.faults({ output, record })).toEqual([]);
  const messages = judged.taken.map(({ text, reversePath, recipients, body }) => ({
    text,
    reversePath,
    recipients,
    body,
  }));
  return { output, outcome: record.outcome, endedIn: record.endedIn, account: record.account, messages };
}

async function outcomeOfPop3(_variant: number, pieces: readonly Uint8Array[], pauses: boolean) {
  const judged = judgedPop3();
  const { output, record } = await playOctets(judged.serve, pieces, pauses);
  expect(judged.faults({ output, record })).toEqual([]);
  return { output, outcome: record.outcome, endedIn: record.endedIn, account: record.account, left: judged.left() };
}

/** Sessions of whole dialogues, of their parts, and of octets that nobody meant. */
function sessionsOf({ sessions, parts }: Dictionary): fc.Arbitrary<string> {
  const noise = fc.string({ unit: fc.constantFrom("\r", "\n", ".", "\0", " ", "a", "\xff"), maxLength: 12 });
  const piece = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...parts) },
    { weight: 2, arbitrary: fc.constantFrom(...sessions) },
    { weight: 2, arbitrary: noise },
  );
  return fc.tuple(
    fc.constantFrom("", ...sessions.map((session) => session.replace(/QUIT\r\n$/, ""))),
    fc.array(piece, { maxLength: 10 }),
  )
    .map(([first, rest]) => first + rest.join(""));
}

test.each(
  [
    ["SMTP", smtpDictionary, outcomeOfSmtp],
    ["POP3", pop3Dictionary, outcomeOfPop3],
  ] as const,
)("wherever a session of %s is cut, its outcome is the same", async (_name, dictionary, outcomeOf) => {
  const places = fc.oneof(
    { weight: 5, arbitrary: fc.array(fc.nat({ max: 4_000 }), { maxLength: 12 }) },
    { weight: 1, arbitrary: fc.constant("everywhere" as const) },
  );
  await fc.assert(
    fc.asyncProperty(sessionsOf(dictionary), places, fc.nat(3), fc.boolean(), async (text, cuts, variant, pauses) => {
      const octets = Buffer.from(text, "latin1");
      const pieces = cuts === "everywhere" ? octetByOctet(octets) : cutAt(octets, cuts);
      const whole = await outcomeOf(variant, [octets], false);
      expect(await outcomeOf(variant, pieces, pauses)).toEqual(whole);
    }),
    { numRuns: cases, ...(seed === undefined ? {} : { seed: Number(seed) }) },
  );
}, 60_000 + cases * MS_EACH);
