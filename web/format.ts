import { html, raw } from "hono/html";
import { formatId } from "../src/store/ids.ts";
import type { Sentence } from "./models.ts";
import { texts } from "./texts.ts";

/** A piece of a page. */
export type View = ReturnType<typeof html>;

/** Octets as people read them, in powers of 1000: "0 B", "812 B", "1.2 kB", "48 MB". */
export function octets(number: number): string {
  let value = number;
  let unit = 0;
  while (value >= 999.5 && unit < texts.octetUnits.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)}\u00a0${texts.octetUnits[unit]}`;
}

/** A duration as people read it: "<1 ms", "340 ms", "1.2 s", "2 min 5 s", "3 h", "14 days". */
export function duration(ms: number): string {
  const words = texts.units;
  if (ms < 1) return `<1\u00a0${words.ms}`;
  if (ms < 999.5) return `${Math.round(ms)}\u00a0${words.ms}`;
  if (ms < 59_500) return `${(ms / 1000).toFixed(ms < 9_950 ? 1 : 0).replace(".0", "")}\u00a0${words.s}`;
  const units = [["day", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1000]] as const;
  let rest = Math.round(ms / 1000) * 1000;
  const first = units.findIndex(([, length]) => rest >= length);
  const parts: string[] = [];
  for (const [name, length] of units.slice(first, first + 2)) {
    const value = Math.floor(rest / length);
    rest -= value * length;
    if (value > 0) parts.push(`${value}\u00a0${words[name === "day" && value !== 1 ? "days" : name]}`);
  }
  return parts.join(" ");
}

/** How a time is written: within the sentence of today, with its date, or to the second. */
export type TimeStyle = "short" | "full" | "second";

const UTC: Readonly<Record<TimeStyle, Intl.DateTimeFormat>> = {
  short: new Intl.DateTimeFormat(texts.locale, { hour: "2-digit", minute: "2-digit", timeZone: "UTC" }),
  full: new Intl.DateTimeFormat(texts.locale, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    timeZone: "UTC",
  }),
  second: new Intl.DateTimeFormat(texts.locale, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZone: "UTC",
  }),
};

/** A time: in UTC as it comes, in the viewer's zone once time.js has run. */
export function time(at: number, style: TimeStyle = "full"): View {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}" data-style="${style}">${texts.inUtc(UTC[style].format(at))}</time>`;
}

/** A sentence with its times. */
export function sentence(parts: Sentence): View {
  return html`${parts.map((part) => typeof part === "string" ? part : time(part.at, "short"))}`;
}

/** A link to a session. */
export function sessionLink(id: number, text?: string): View {
  const name = formatId(id);
  return html`<a class="id" href="/sessions/${name}">${text ?? name}</a>`;
}

/** Text without the marks that turn the order in which it is read: "gpj.exe" is not to look like "exe.jpg". */
export function unturned(text: string): string {
  return text.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
}

/** Letters of a subject that a list shows; its message shows all. */
const SUBJECT_SHOWN = 120;

/** Subject of a message as a title in a list, or that it has none. */
export function subjectOf(subject: string): View {
  if (subject === "") return html`<i>${texts.queue.noSubject}</i>`;
  const letters = [...unturned(subject)];
  return html`${letters.length > SUBJECT_SHOWN ? `${letters.slice(0, SUBJECT_SHOWN).join("")}…` : letters.join("")}`;
}

/** Whom fetched mail names in its From field; mail without one is no bounce. */
export function authorOf(from: string): string {
  return from === "" ? texts.queue.noAuthor : senderOf(from);
}

/** Who sent it. */
export function senderOf(sender: string): string {
  // The From field of fetched mail stands as it came.
  return sender === "" ? texts.queue.nullSender : unturned(sender).replace(/^<([^<>]*)>$/, "$1");
}

/** An attribute that is there or not, such as `checked`. */
export function flag(
  name: "autofocus" | "checked" | "selected" | "disabled" | "hidden" | "open",
  isSet: boolean,
): View {
  return html`${isSet ? raw(` ${name}`) : ""}`;
}
