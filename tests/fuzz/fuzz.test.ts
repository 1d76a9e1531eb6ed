import { Buffer } from "node:buffer";
import process from "node:process";
import { expect, test } from "vitest";
import { heapInUse } from "../support/garbage.ts";
import { playOctets, type ServeConnection } from "../support/half-closed.ts";
import { createRandom } from "../support/random.ts";
import { watchRejections } from "../support/rejections.ts";
import { pop3Dictionary, smtpDictionary } from "./dictionaries.ts";
import { judgedPop3 } from "./pop3-judge.ts";
import { cutSession, type Dictionary, makeSession } from "./sessions.ts";
import { judgedSession } from "./smtp-judge.ts";

/** Sessions of each protocol, and where their numbers begin: the number of a session makes it. */
const inputs = Number(process.env["WAYPOST_FUZZ_INPUTS"] ?? 4_000);
const seed = Number(process.env["WAYPOST_FUZZ_SEED"] ?? 1);
/** Sessions after which everything that stays has come. */
const WARM_UP = Math.min(2_000, Math.ceil(inputs / 2));
/** What the heap may have grown by, however many sessions there were. */
const GROWTH_OCTETS = 4_000_000;
/** A session of a few hundred octets takes a fraction of this. */
const MS_EACH = 20;

type Faults = (played: Awaited<ReturnType<typeof playOctets>>) => string[];

/** Plays sessions one after the other; gives what was wrong with the first that was, with its number and its octets. */
async function fuzz(
  dictionary: Dictionary,
  judge: (variant: number) => Promise<{ serve: ServeConnection; faults: Faults }>,
): Promise<{ wrong: string | null; growth: number; accepted: number }> {
  let before = 0;
  let accepted = 0;
  for (let index = 0; index < inputs; index++) {
    if (index === WARM_UP) before = await heapInUse();
    const random = createRandom(seed * 1_000_003 + index);
    const text = makeSession(random, dictionary);
    const { serve, faults } = await judge(Math.floor(random() * 100));
    const pieces = cutSession(random, Buffer.from(text, "latin1"));
    const describe = (what: string) => `session ${index} of seed ${seed}: ${what}\n${JSON.stringify(text)}`;
    try {
      const played = await playOctets(serve, pieces, random() < 0.1);
      const found = faults(played);
      if (found.length > 0) return { wrong: describe(`${found.join(", ")}\n${played.output}`), growth: 0, accepted };
      if (played.record.outcome === "completed") accepted++;
    } catch (error) {
      return { wrong: describe(String(error)), growth: 0, accepted };
    }
  }
  return { wrong: null, growth: await heapInUse() - before, accepted };
}

test.each(
  [
    ["SMTP", smtpDictionary, judgedSession],
    ["POP3", pop3Dictionary, () => Promise.resolve(judgedPop3())],
  ] as const,
)(
  `${inputs} sessions of %s with errors of every kind end in order and leave nothing behind`,
  async (name, dictionary, judge) => {
    const rejections = watchRejections();
    const { wrong, growth, accepted } = await fuzz(dictionary, judge);
    expect(wrong).toBeNull();
    expect(await rejections.stop()).toEqual([]);
    expect(growth).toBeLessThan(GROWTH_OCTETS);
    // Else the sessions are too wild to reach what lies behind the first commands.
    expect(accepted).toBeGreaterThan(inputs / 20);
    console.log(
      `${name}: ${inputs} sessions, ${accepted} of them to QUIT; the heap grew by ${Math.round(growth / 1000)} KB`,
    );
  },
  60_000 + inputs * MS_EACH,
);
