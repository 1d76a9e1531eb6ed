import type { Envelope, RecipientChange } from "../../src/store/operations/queue.ts";

/** When the envelopes of tests were accepted. */
export const NOW = 1_000_000;

/** An envelope with so many recipients, all waiting. */
export function envelope(id: number, recipients = 1, changes: Partial<Envelope["recipients"][number]> = {}): Envelope {
  return {
    message: {
      id,
      origin: "relay",
      sender: "a@example.net",
      size: 3,
      body: "7bit",
      messageId: `${id}@example.net`,
      subject: "one",
      receivedAt: NOW,
      sessionId: null,
      account: null,
      clientAddress: "192.0.2.1",
      doneAt: null,
    },
    recipients: Array.from({ length: recipients }, (_, position) => ({
      messageId: id,
      position,
      address: `b${position}@example.org`,
      state: "waiting" as const,
      attempts: 0,
      nextAttemptAt: NOW,
      leaseOwner: null,
      upstream: null,
      lastReply: null,
      changedAt: NOW,
      ...changes,
    })),
  };
}

/** What an attempt made of a recipient. */
export function change(messageId: number, state: RecipientChange["state"], position = 0): RecipientChange {
  return { messageId, position, state, nextAttemptAt: NOW + 5, upstream: "first", lastReply: "x", changedAt: NOW + 1 };
}
