/** Texts of the list of messages. */
import { messages as messagesOf, numbers } from "./words.ts";

export const messageList = {
  title: "Messages",
  find: "Words",
  findHint: "words, or an id or Message-ID",
  from: "From",
  to: "To",
  subject: "Subject",
  state: "State",
  direction: "Where",
  since: "From day",
  until: "To day",
  any: "any",
  show: "Show",
  all: "Show all",
  more: "More filters",
  directions: { out: "relayed", in: "in mailboxes" },
  states: {
    waiting: "waiting",
    held: "held",
    delivered: "delivered",
    bounced: "bounced",
    removed: "removed",
    unread: "not read yet",
    read: "read",
    deleted: "deleted",
  },
  how: "How to search",
  help: [
    ["quarterly report", "both words, or what begins like them"],
    ['"quarterly report"', "just so, one behind the other"],
    ["from:anna to:bank", "in sender or recipients"],
    ["subject:invoice", "in the subject"],
    ["file:pdf", "in the names of attachments"],
    ["after:2026-11-01 before:2026-12-01", "by day, in UTC"],
    ["is:bounced", "waiting, held, delivered, bounced, removed, unread, read, deleted"],
    ["in:mailboxes", "only there; in:queue: only what was relayed"],
  ],
  columns: { message: "Message", whom: "From and to", state: "State", when: "When" },
  nothing: "No message fits. The text of relayed mail is searched where it is kept (queue.keep_delivered).",
  none: "No message has passed yet.",
  notIndexed: (number: number) =>
    `${messagesOf(number)} ${number === 1 ? "is" : "are"} not indexed yet: ${
      number === 1 ? "it is" : "they are"
    } found by sender, recipients and subject, as far as ${number === 1 ? "it is" : "they are"} among the newest.`,
  unindexed: "Words are looked for in sender, recipients and subject of the newest 20,000 messages: " +
    "the full-text index is switched off (search.enabled).",
  older: "Older messages",
  newest: "Back to the newest",
  others: (number: number) => `and ${numbers.format(number)} more`,
  mailbox: (account: string) => `mailbox of ${account}`,
  notice: "a notice",
} as const;
