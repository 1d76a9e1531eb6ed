const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Octets in three digits or fewer and a decimal unit: "812 B", "4.1 kB", "52 MB". */
export function showOctets(octets: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let amount = octets;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000;
    unit++;
  }
  const digits = unit > 0 && amount < 9.95 ? 1 : 0;
  return `${amount.toFixed(digits)} ${units[unit]}`;
}

/** A moment in the local zone: "2026-11-24 07:31:05". */
export function showTime(at: number): string {
  const date = new Date(at);
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join("-");
  return `${day} ${showClock(at)}`;
}

/** The time of day in the local zone: "07:31:05". */
export function showClock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
}

/** A duration in its largest unit that fits: "350 ms", "2.5 s", "12 min", "5 h", "3 d". */
export function showDuration(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < 2 * HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.floor(ms / HOUR_MS)} h`;
  return `${Math.floor(ms / DAY_MS)} d`;
}

/** How a moment lies to now: "12 min ago", "in 40 s", "now". */
export function showDistance(at: number, now: number): string {
  const ms = Math.abs(at - now);
  if (ms < SECOND_MS) return "now";
  return at < now ? `${showDuration(ms)} ago` : `in ${showDuration(ms)}`;
}

/** When something is to happen: "in 40 s", or "due" when its time has come. */
export function showDue(at: number, now: number): string {
  return at <= now ? "due" : showDistance(at, now);
}

/** A count with its word: "1 message", "3 messages". */
export function showCount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A sender as people read it; the null reverse-path is that of reports. */
export function showSender(address: string): string {
  return address === "" ? "<>" : address;
}

function twoDigits(figure: number): string {
  return String(figure).padStart(2, "0");
}
