import { html } from "hono/html";
import type { FailedLogins } from "../../src/identity/throttle.ts";
import { time, type View } from "../format.ts";
import { texts } from "../texts.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { listTable, notice } from "./parts.ts";

/** Who failed to log in, from where, and who is refused until when; those that are refused stand on top. */
export function loginsPage(
  frame: Frame,
  rows: readonly FailedLogins[],
  now: number,
  lifted: keyof typeof texts.logins.lifted | null,
): View {
  const words = texts.logins;
  const sorted = [...rows].sort((a, b) => b.delayMs - a.delayMs || b.lastFailedAt - a.lastFailedAt);
  const content = html`<h1>${words.title}</h1>
${lifted === null ? "" : notice(lifted === "yes" ? "good" : "warn", words.lifted[lifted])}
<p class="lead">${words.lead}</p>
<div id="login-rows">${
    sorted.length === 0 ? html`<p class="empty">${words.empty}</p>` : loginTable(frame, sorted, now)
  }</div>
<p class="hint below">${words.note}</p>`;
  return layout(frame, { title: words.title, content, live: { path: "/logins", ids: ["login-rows"] } });
}

function loginTable(frame: Frame, rows: readonly FailedLogins[], now: number): View {
  const { columns, title } = texts.logins;
  return listTable({
    kinds: "queue logins",
    caption: title,
    columns: [columns.who, columns.state, columns.failures, ...frame.mayAct ? [columns.action] : []],
  }, rows.map((row) => loginRow(frame, row, now)));
}

function loginRow(frame: Frame, row: FailedLogins, now: number): View {
  const words = texts.logins;
  const isAddress = row.address !== null;
  const others = row.seenWith.join(", ");
  return html`<tr><td class="what"><span class="kind">${
    isAddress ? words.address : words.login
  }</span> <b class="name">${row.address ?? row.login}</b>${
    others === "" ? "" : html`<span class="quiet">${isAddress ? words.tried(others) : words.from(others)}</span>`
  }</td>
<td class="whom">${stateOf(row, now)}</td>
<td class="when" data-label="${words.columns.failures}">${words.failures(row.failures)}
<span class="quiet">${words.last} ${time(row.lastFailedAt)}</span></td>
${frame.mayAct ? html`<td class="acts">${liftForm(row)}</td>` : ""}</tr>`;
}

function stateOf({ address, bannedUntilAt, delayMs }: FailedLogins, now: number): View {
  const words = texts.logins;
  if (bannedUntilAt !== null) {
    return html`<span class="mark bad">${icon("lock")}${words.banned}</span> ${words.until} ${time(bannedUntilAt)}
<span class="quiet">${address === null ? words.everywhere : words.behind}</span>`;
  }
  if (delayMs > 0) {
    return html`<span class="mark warn">${icon("waiting")}${words.slowed}</span>
<span class="quiet">${words.next} ${time(now + delayMs, "second")}${
      address === null ? "" : html`. ${words.behind}`
    }</span>`;
  }
  return html`<span class="mark plain">${icon("open")}${words.free}</span>`;
}

function liftForm({ address, login, bannedUntilAt }: FailedLogins): View {
  const words = texts.logins;
  const who = address ?? login ?? "";
  return html`
    <form class="actions" method="post" action="/logins/lift">
      <input type="hidden" name="${address === null ? "login" : "address"}" value="${who}">
      ${bannedUntilAt === null
        ? html`<button aria-label="${words.forgetOf(who)}">${words.forget}</button>`
        : html`<button aria-label="${words.liftOf(who)}">${words.lift}</button>`}
    </form>
  `;
}
