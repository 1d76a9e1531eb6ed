/** The words for hops, phases and states, and how numbers are written. */
import type { Hop, Phase, SessionOutcome } from "../../src/dialogue/phases.ts";
import type { HealthLevel, LedgerFigures, RecipientState } from "../models.ts";

/** The language of these texts, and how its readers write times. */
export const language = "en";
export const locale = "en-GB";

export const numbers = new Intl.NumberFormat(language);
export const utcTimes = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });

/** "1 message", "1,204 messages". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${numbers.format(number)} ${number === 1 ? one : many}`;
}

export const messages = (number: number) => count(number, "message");

/** Beside a figure that stands by itself. */
export const messagesWord = (number: number) => number === 1 ? "message" : "messages";

/** Octets each way. */
export const inAndOut = (octetsIn: string, octetsOut: string) => `${octetsIn} in · ${octetsOut} out`;

/** Units as they stand behind a figure. */
export const octetUnits = ["B", "kB", "MB", "GB", "TB"] as const;
export const units = { ms: "ms", s: "s", min: "min", h: "h", day: "day", days: "days" };

/** What became of an attempt to deliver. */
export const deliveries: Readonly<Record<string, string>> = {
  delivered: "delivered",
  deferred: "put off",
  refused: "refused",
  unknown: "answer unknown",
  mixed: "by recipient",
};

export const hops: Readonly<Record<Hop, { readonly name: string; readonly does: string }>> = {
  "smtp-server": { name: "SMTP server", does: "takes mail from clients" },
  "smtp-client": { name: "SMTP client", does: "passes mail on" },
  "pop3-client": { name: "POP3 client", does: "fetches mail" },
  "pop3-server": { name: "POP3 server", does: "hands mail to clients" },
};

export const phases: Readonly<Record<Phase, string>> = {
  establishment: "Establishment",
  transfer: "Transfer",
  termination: "Termination",
  authorization: "Authorization",
  transaction: "Transaction",
  update: "Update",
};

/** The same with soft hyphens, for narrow columns. */
export const phasesBreakable: Readonly<Record<Phase, string>> = {
  establishment: "Establish\u00adment",
  transfer: "Transfer",
  termination: "Termi\u00adnation",
  authorization: "Authori\u00adzation",
  transaction: "Trans\u00adaction",
  update: "Update",
};

export const outcomes: Readonly<Record<SessionOutcome | "open", string>> = {
  open: "open now",
  completed: "completed",
  dropped: "dropped",
  timeout: "timed out",
  refused: "refused",
  failed: "failed",
  shutdown: "shut down",
};

/** What a message waits for that is next to be sent. @param perMinute messages a minute; null: any number */
export const turn = (perMinute: number | null): string =>
  perMinute === null ? "waits its turn" : `waits its turn (${perMinute} per minute)`;

/** What came of an attempt where no server has said it. @param noted Waypost's own words for it */
export const notSent = (upstream: string | null, noted: string): string => {
  if (!upstream) return "Not sent";
  return noted.startsWith("answer unknown") ? `No answer from ${upstream}` : `Not sent to ${upstream}`;
};

export const states: Readonly<Record<RecipientState | "trying", string>> = {
  waiting: "waiting",
  trying: "being tried",
  held: "held",
  delivered: "delivered",
  bounced: "bounced",
  removed: "removed",
};

export const levels: Readonly<Record<HealthLevel, string>> = {
  ok: "All is well",
  unset: "Not set up yet",
  waiting: "Something waits",
  trouble: "Needs a look",
};

export const ledgerStates: Readonly<Record<LedgerFigures["state"], string>> = {
  announced: "on the server alone, for their size",
  stored: "on the server and here",
  evicted: "on the server alone, to make room here",
  "delete-sent": "deletion asked for",
  "delete-confirmed": "deletion confirmed",
  gone: "gone from the server",
};

export const outcomeNotes: Readonly<Record<SessionOutcome, string>> = {
  completed: "QUIT was said and answered.",
  dropped: "The other side went away without QUIT.",
  timeout: "The other side was silent for too long.",
  refused: "The server sent the client away.",
  failed: "TLS, the login or an error of our own ended it.",
  shutdown: "Waypost was stopping.",
};
