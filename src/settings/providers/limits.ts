import type { SendingLimits } from "../providers.ts";

/** A provider that says nothing about its limits. */
export const unlimited: SendingLimits = {
  connections: null,
  messagesPerMinute: null,
  messagesPerDay: null,
  recipientsPerMessage: null,
  messagesPerConnection: null,
  messageSize: null,
};
