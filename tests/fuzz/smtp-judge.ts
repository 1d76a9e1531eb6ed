import { Buffer } from "node:buffer";
import type { SessionRecord } from "../../src/dialogue/session.ts";
import type { Connection } from "../../src/net/connection.ts";
import type { SmtpServerPolicy } from "../../src/smtp/server/state.ts";
import { deriveScramKeys, type ScramKeys } from "../../src/wire/scram.ts";
import type { Played } from "../support/half-closed.ts";
import { type MemorySubmissions, memorySubmissions, serveConnection } from "../support/smtp-session.ts";

/** Small enough that sessions of a few hundred octets reach the limits. */
const SMALL: Partial<SmtpServerPolicy> = {
  maxMessageOctets: 600,
  maxDataLineOctets: 250,
  maxRecipients: 4,
  maxMessages: 5,
  maxChatter: 12,
};
const SMALL_LIMITS = { lineOctets: 280, maxRefusals: 8 };

const VARIANTS: readonly Partial<SmtpServerPolicy>[] = [
  SMALL,
  { ...SMALL, auth: "required" },
  { ...SMALL, auth: "required", authWithoutTls: false },
  { ...SMALL, auth: "off", maxMessages: 0 },
];

/** A server session to be judged. */
export interface JudgedSession {
  readonly serve: (server: Connection) => Promise<SessionRecord>;
  /** What is wrong with what came of it, none when all is well. */
  readonly faults: (played: Played) => string[];
  readonly taken: MemorySubmissions["taken"];
}

let keys: ScramKeys | undefined;

/** The number chooses the listener's settings. SCRAM is offered. */
export async function judgedSession(variant: number): Promise<JudgedSession> {
  keys ??= await deriveScramKeys("correct horse", Buffer.from("saltsaltsaltsalt"), 4096);
  const challenge = { keys, nonce: "nonce" };
  const scram = {
    offered: () => true,
    challenge: () => Promise.resolve(challenge),
    settle: () => Promise.resolve({ sender: { account: "alice@example.net", name: "alice@example.net" } }),
  };
  const memory = memorySubmissions({ scram });
  let begun = 0;
  const submissions = {
    ...memory,
    begin: (start: Parameters<typeof memory.begin>[0]) => {
      begun++;
      return memory.begin(start);
    },
  };
  const policy = VARIANTS[variant % VARIANTS.length]!;
  return {
    async serve(server) {
      const { record, over } = serveConnection(server, { submissions, policy, limits: SMALL_LIMITS });
      await over;
      return await record;
    },
    taken: memory.taken,
    faults: ({ output, record }) => [
      ...replyFaults(output),
      ...endFaults(record),
      ...messageFaults(memory, begun, record, policy),
    ],
  };
}

/** Replies of several lines have one code, and nothing else stands between. */
function replyFaults(output: string): string[] {
  if (!/^(?:(\d{3})-[^\r\n]*\r\n(?:\1-[^\r\n]*\r\n)*\1 [^\r\n]*\r\n|[2-5]\d\d [^\r\n]*\r\n)+$/.test(output)) {
    return ["the output is not a row of replies"];
  }
  return /^421 4\.3\.0/m.test(output) ? ["an internal error"] : [];
}

function endFaults({ outcome, cause }: SessionRecord): string[] {
  return ["completed", "dropped", "refused"].includes(outcome) ? [] : [`the session ended as ${outcome}: ${cause}`];
}

function messageFaults(
  { taken, aborted }: MemorySubmissions,
  begun: number,
  { messages }: SessionRecord,
  { maxMessageOctets = 0, maxRecipients = 0 }: Partial<SmtpServerPolicy>,
): string[] {
  const faults: string[] = [];
  if (taken.length + aborted !== begun) faults.push(`${begun} begun, ${taken.length} taken, ${aborted} given up`);
  if (messages !== taken.length) faults.push(`${taken.length} taken, ${messages} recorded`);
  for (const { text, body, recipients } of taken) {
    if (body !== "binarymime" && /\r(?!\n)|(?<!\r)\n/.test(text)) faults.push("a bare CR or LF was taken");
    if (text.length > maxMessageOctets) faults.push("a message beyond the limit was taken");
    if (recipients.length === 0 || recipients.length > maxRecipients) faults.push(`${recipients.length} recipients`);
  }
  return faults;
}
