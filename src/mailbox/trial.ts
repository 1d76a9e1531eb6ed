import { type Trial, TRIAL_WAIT_MS, tryServer } from "../dialogue/trial.ts";
import { type Capabilities, capabilities, logIn, openSession } from "../pop3/client/login.ts";
import { leave, listSizes, stat } from "../pop3/client/mailbox.ts";
import type { Source } from "../settings.ts";
import { type Clock, systemClock } from "../wire/clock.ts";
import { userNameOf } from "./source-policy.ts";
import { pop3Target } from "./target.ts";

/** What is on a source, as far as a trial has looked. */
export interface SourceContent {
  readonly messages: number;
  readonly octets: number;
  /** Octets of each message, in the server's order; null: there are too many to be listed while somebody waits. */
  readonly sizes: readonly number[] | null;
}

/** What a trial of a source came to. */
export interface SourceTrial extends Trial {
  /** What it says that it can do (CAPA); empty: it does not know the question. */
  readonly capabilities: readonly string[];
  /** Null when it did not get so far. */
  readonly content: SourceContent | null;
}

/** Messages that are listed for a trial at most. */
const LISTED_MOST = 100_000;

/** Logs in to a source, asks how much mail lies there, and leaves; nothing is fetched or deleted. Never throws. */
export async function trySource(source: Source, clock: Clock = systemClock): Promise<SourceTrial> {
  const target = pop3Target(source, TRIAL_WAIT_MS);
  const { facts, ...trial } = await tryServer(
    { ...source, protocol: "pop3", hop: "pop3-client" },
    clock,
    async ({ log, connect }) => {
      const client = await openSession(target, log, connect);
      const before = await capabilities(client);
      await logIn(client, before, userNameOf(source), source.password, source.auth);
      const { messages, octets } = await stat(client);
      const listed = messages > 0 && messages <= LISTED_MOST ? await listSizes(client) : [];
      const sizes = messages > LISTED_MOST ? null : listed.map((entry) => entry.octets);
      await leave(client);
      return {
        connection: client.dialogue.connection,
        facts: { capabilities: listOf(before), content: { messages, octets, sizes } },
      };
    },
    async ({ log, connect }) => {
      const client = await openSession({ ...target, verify: false, fingerprint: undefined }, log, connect);
      await leave(client);
      return client.dialogue.connection;
    },
  );
  return { ...trial, capabilities: facts?.capabilities ?? [], content: facts?.content ?? null };
}

function listOf(offered: Capabilities): string[] {
  return [...offered].map(([name, words]) => [name, ...words].join(" "));
}
