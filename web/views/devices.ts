import { html } from "hono/html";
import type { DeviceModel, DevicesModel, WaitingDevice } from "../entry-models.ts";
import { time, type View } from "../format.ts";
import { texts } from "../texts.ts";
import { type Done, doneNote, entryPath, placeOf } from "./entries.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { listTable } from "./parts.ts";

/** Characters that are shown of what a client says of itself: it may say anything. */
const SHOWN = 80;

function shorten(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** The devices, and on top who waits to be one. */
export function devicesPage(frame: Frame, model: DevicesModel, done: Done): View {
  const words = texts.devices;
  const { devices, allowedWithoutAuth, waiting, dismissed } = model;
  const content = html`
    <div class="section-head"><h1>${words.title}</h1>${frame.mayAct
      ? html`<a class="button main-button" href="/devices/-/add">${words.add}</a>`
      : ""}</div>
    ${doneNote(done)}
    <p class="lead">${words.lead}</p>
    <section id="waiting-devices" aria-labelledby="waiting-title">
    <h2 id="waiting-title">${words.waitingTitle}</h2>
    ${waiting.length === 0
      ? html`<p class="quiet">${words.waitingNone}</p>`
      : html`<p class="hint">${words.waitingHint}</p>
<ul class="waiting-devices">${waiting.map((one) => waitingCard(frame, one))}</ul>`}
    ${dismissed.length === 0 ? "" : html`
      <details id="dismissed">
        <summary>${words.dismissed(dismissed.length)}</summary>
        <ul class="waiting-devices">${dismissed.map((one) => waitingCard(frame, one))}</ul>
      </details>
    `}</section>
    <section aria-label="${words.title}">${devices.length === 0
      ? html`<p class="empty">${words.none}</p>`
      : deviceTable(devices)}</section>
    <section aria-labelledby="allowed-title">
      <h2 id="allowed-title">${words.allowedTitle}</h2>
      <p>${allowedWithoutAuth.length === 0
        ? words.allowedNone
        : html`<span class="id">${allowedWithoutAuth.join(", ")}</span>`}</p>
      <p class="hint">${words.allowedHint}</p>
    </section>
  `;
  return layout(frame, { title: words.title, content, live: { path: "/devices", ids: ["waiting-devices"] } });
}

function deviceTable(devices: readonly DeviceModel[]): View {
  const { columns, title } = texts.devices;
  return listTable({
    kinds: "queue setup-list",
    caption: title,
    columns: [columns.name, columns.networks, columns.rules, columns.origin],
  }, devices.map(deviceRow));
}

function deviceRow(device: DeviceModel): View {
  const words = texts.devices;
  const { name, networks, addresses, upstream, rules, state } = device;
  const sendsAs = addresses.includes("*") ? words.anyone : addresses.join(", ");
  const all = [words.sendsAs(sendsAs), ...upstream === null ? [] : [words.by(upstream)], ...rules];
  return html`
    <tr>
      <td class="what"><a href="${entryPath("/devices", name ?? "")}">${name}</a></td>
      <td class="when wraps" data-label="${words.columns.networks}"><span class="id">${networks.join(", ")}</span></td>
      <td class="said rules">${state === "used" ? all.join("; ") : ""}</td>
      <td class="when" data-label="${words.columns.origin}">${placeOf(device)}</td>
    </tr>
  `;
}

function waitingCard(frame: Frame, one: WaitingDevice): View {
  const words = texts.devices;
  return html`<li class="card">
<p class="who"><b class="id">${one.address}</b> <span>${words.calls} <b>${shorten(one.helo)}</b></span>${
    one.isPrivate ? "" : html`
      <span class="mark warn">${icon("trouble")}${words.internet}</span>
    `
  }</p>
${tried(one)}
${frame.mayAct ? waitingActions(one) : ""}</li>`;
}

/** What a waiting client wanted, and when. */
export function tried({ sender, recipient, attempts, firstAt, lastAt }: WaitingDevice): View {
  const words = texts.devices;
  return html`<p>${words.from} <b>${sender === "" ? words.nullSender : shorten(sender)}</b> ${words.to} <b>${
    recipient === null ? words.noRecipient : shorten(recipient)
  }</b></p>
<p class="quiet">${words.attempts(attempts)}, ${words.first} ${time(firstAt)}, ${words.last} ${
    time(lastAt, "second")
  }</p>`;
}

function waitingActions({ address, dismissedAt }: WaitingDevice): View {
  const words = texts.devices;
  const isDismissed = dismissedAt !== null;
  return html`<div class="row"><a class="button" href="/devices/-/add?address=${
    encodeURIComponent(address)
  }" aria-label="${words.allowOf(address)}">${words.allow}</a>
<form method="post" action="/devices/-/${
    isDismissed ? "restore" : "dismiss"
  }"><input type="hidden" name="address" value="${address}"><button class="bare" aria-label="${
    isDismissed ? words.restoreOf(address) : words.dismissOf(address)
  }">${isDismissed ? words.restore : words.dismiss}</button></form></div>`;
}

/** What stands above the form by which a waiting client is allowed. */
export function aboveAllowing(one: WaitingDevice): View {
  const words = texts.devices;
  return html`${
    one.isPrivate ? "" : html`<p class="note warn">${icon("trouble")}<span>${words.internetHint}</span></p>`
  }<div class="card tried"><p>${words.callsItself} <b>${shorten(one.helo)}</b></p>
${tried(one)}</div>`;
}
