import { html } from "hono/html";
import { formatId } from "../../src/store/ids.ts";
import { duration, octets, time, type View } from "../format.ts";
import type { CachedDetail, MailboxModel } from "../models.ts";
import { texts } from "../texts.ts";
import { icon } from "./layout.ts";

/** Whether no source fills a mailbox, neither one of its account nor one of another by its rules. */
export function isOrphan({ id, mode, filledBy }: MailboxModel): boolean {
  return id !== null && mode === null && filledBy === null;
}

/** What the settings of a source do to its mail, in sentences. */
export function modeOf(box: MailboxModel): string {
  const words = texts.mailboxes;
  if (box.mode === null) {
    return box.filledBy === null
      ? words.unnamed
      : words.filledBy(box.filledBy || texts.mailboxes.anotherAccount, box.source);
  }
  const sentences = [
    box.mode === "keep"
      ? words.keep
      : box.deleteAfterMs
      ? words.deleteAfter(duration(box.deleteAfterMs))
      : words.deleteAtOnce,
  ];
  if (box.deleteLargerThan > 0) sentences.push(words.deleteLarger(octets(box.deleteLargerThan)));
  if (box.keepNewest > 0) sentences.push(words.keepNewest(box.keepNewest));
  if (box.followsClients) sentences.push(words.followsClients);
  if (box.maxMessageSize > 0) sentences.push(words.maxMessageSize(octets(box.maxMessageSize)));
  if (box.deliversTo.length > 0) sentences.push(words.deliversTo(box.deliversTo.join(", ")));
  return sentences.join(" ");
}

/** Rows of a mailbox's facts that not every mailbox has: its budget, what can be had back. */
export function moreFacts(box: MailboxModel): View {
  const words = texts.mailboxes;
  return html`${
    box.budget === null ? "" : html`
      <div>
        <dt>${words.budget}</dt>
        <dd>${budgetText(box.budget)}</dd>
      </div>
    `
  }${
    box.removed === 0 ? "" : html`
      <div>
        <dt>${words.removed}</dt>
        <dd>${words.removedCount(box.removed)}</dd>
      </div>
    `
  }`;
}

/** What is left of a budget. */
function budgetText(
  { messagesPerDay, octetsPerDay, messagesFetched, octetsFetched }: NonNullable<MailboxModel["budget"]>,
) {
  const words = texts.mailboxes;
  const left = [
    messagesPerDay === null ? null : words.budgetLeft(
      texts.messages(Math.max(0, messagesPerDay - messagesFetched)),
      texts.numbers(messagesPerDay),
    ),
    octetsPerDay === null
      ? null
      : words.budgetLeft(octets(Math.max(0, octetsPerDay - octetsFetched)), octets(octetsPerDay)),
  ];
  return left.filter((text) => text !== null).join(" · ");
}

/** What an owner can do with a message of a mailbox. */
export function cachedActions(message: CachedDetail): View {
  const words = texts.message.actions;
  const id = formatId(message.id);
  if (message.noticeOctets !== null) {
    return message.isAnnounced
      ? html`
        <form method="post"
          action="/messages/${id}/fetch"><p class="hint">${words.announced(
            octets(message.noticeOctets),
          )}</p><button class="main-button">${icon("fetch")}${words.fetch}</button></form>
      `
      : html`<p class="hint">${words.notAnnounced}</p>`;
  }
  return html`
    ${message.deletedBy !== "client" && message.deletedBy !== "owner" ? "" : html`
      <form method="post"
        action="/messages/${id}/restore"><button class="main-button">${texts.mailboxes.restore}</button></form>
    `}
        <form method="post"
      action="/messages/${id}/resend"><p class="hint">${message.keepUntilAt === null
        ? words.resendHint
        : html`${words.removedThere} ${time(message.keepUntilAt)}.`}</p><button>${words
        .resend}</button></form>
  `;
}
