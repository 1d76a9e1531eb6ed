import { html } from "hono/html";
import { formatId } from "../../src/store/ids.ts";
import { authorOf, subjectOf, time, type View } from "../format.ts";
import type { MailboxDetail, RestorableModel } from "../models.ts";
import { texts } from "../texts.ts";
import type { Frame } from "./layout.ts";

/** What mail programs deleted of a mailbox, with the buttons that restore it; nothing where there is none. */
export function restorableSection(frame: Frame, { id, restorable }: MailboxDetail): View {
  if (restorable.length === 0 || id === null) return html``;
  const words = texts.mailboxes;
  const { message, from } = words.columns;
  const { deleted, until, action } = words.restorableColumns;
  return html`
    <div class="section-head"><h2>${words.restorableTitle}</h2>${frame.mayFetch
      ? restoreForm(id, null, words.restoreAll)
      : ""}</div>
    <p class="hint">${words.restorableHint}</p>
    <div class="scroll">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">${message}</th>
            <th scope="col">${from}</th>
            <th scope="col">${deleted}</th>
            <th scope="col">${until}</th>
            ${frame.mayFetch
              ? html`
                <th scope="col"><span class="unseen">${action}</span></th>
              `
              : ""}
          </tr>
        </thead>
        <tbody>${restorable.map((one) => restorableRow(frame, id, one))}</tbody>
      </table>
    </div>
  `;
}

function restorableRow(frame: Frame, mailboxId: number, message: RestorableModel): View {
  const words = texts.mailboxes;
  const id = formatId(message.id);
  const subject = subjectOf(message.subject);
  return html`
    <tr>
      <td><a id="restorable-${id}" href="/messages/${id}">${subject}</a></td>
      <td>${authorOf(message.sender)}</td>
      <td>${time(message.lastDeletedAt)}${message.isForAll ? "" : ` · ${words.forSome}`}</td>
      <td>${message.restorableUntilAt === null ? words.stays : time(message.restorableUntilAt)}</td>
      ${frame.mayFetch
        ? html`
          <td>${restoreForm(mailboxId, message.id, words.restore, words.restoreWhich(message.subject))}</td>
        `
        : ""}
    </tr>
  `;
}

/** Restores one message, or all that can be. */
function restoreForm(mailboxId: number, messageId: number | null, title: string, label = title): View {
  return html`
    <form method="post"
      action="/mailboxes/${formatId(mailboxId)}/restore">${messageId === null
        ? ""
        : html`<input type="hidden" name="message" value="${
          formatId(messageId)
        }">`}<button aria-label="${label}">${title}</button></form>
  `;
}
