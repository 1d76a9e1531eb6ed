import type { Directory } from "../identity/directory.ts";
import type { SmtpReply } from "../smtp/reply.ts";
import type { NextId } from "../store/ids.ts";
import type { Clock } from "../wire/clock.ts";
import { notTried } from "./closed.ts";
import type { Job, JobRecipient, QueuedRow } from "./job.ts";
import { chooseUpstreams } from "./route.ts";
import type { Attempt } from "./settlement.ts";

/** Recipients of a message that go the same way. */
export interface Way {
  /** Names of the upstreams, in the order in which they are tried. */
  readonly via: readonly string[];
  readonly recipients: readonly JobRecipient[];
}

/** Routes the recipients of a message by the settings as they are: those that go the same way stay together. */
export function waysOf(directory: Directory, message: QueuedRow, recipients: readonly JobRecipient[]): Way[] {
  const ways = Map.groupBy(
    recipients,
    ({ address, sendBy }) =>
      JSON.stringify(chooseUpstreams(directory, { ...message, recipient: address, sendBy: sendBy ?? null })),
  );
  return [...ways].map(([via, group]) => ({ via: JSON.parse(via) as string[], recipients: group }));
}

/** The attempt of a job that no upstream may serve: it waits for the settings to be mended. */
export function noUpstream(job: Job, { nextId, clock }: { readonly nextId: NextId; readonly clock: Clock }): Attempt {
  const text = "no upstream is configured that may take this sender's mail";
  const reply: SmtpReply = { code: 451, enhanced: "4.4.4", lines: [text], local: true };
  return notTried(job, "", { reply, sessionId: null }, { startedAt: clock.now(), nextId });
}
