/** Octets in each unit of size; decimal units are powers of 1000, binary ones of 1024. */
const SIZE_UNITS: Readonly<Record<string, number>> = {
  GiB: 1024 ** 3,
  GB: 1000 ** 3,
  MiB: 1024 ** 2,
  MB: 1000 ** 2,
  KiB: 1024,
  KB: 1000,
  B: 1,
};

/** Milliseconds in each unit of time. */
const DURATION_UNITS: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};

const AMOUNT = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/;

/** The octets of a size such as "50MB", "1.5 GiB" or "512B"; undefined if it is none. Units in any case. */
export function parseSize(text: string): number | undefined {
  return parseAmount(text, SIZE_UNITS, (unit) => unit.toLowerCase());
}

/** The milliseconds of a duration such as "14d", "5m", "0s" or "500ms"; undefined if it is none. */
export function parseDuration(text: string): number | undefined {
  return parseAmount(text, DURATION_UNITS, (unit) => unit);
}

/** A size in the largest unit that holds it as a whole number: what `parseSize` reads back as the same octets. */
export function formatSize(octets: number): string {
  return formatAmount(octets, SIZE_UNITS, "B");
}

/** A duration in the largest unit that holds it as a whole number: what `parseDuration` reads back as the same. */
export function formatDuration(ms: number): string {
  return formatAmount(ms, DURATION_UNITS, "s");
}

function parseAmount(text: string, units: Readonly<Record<string, number>>, fold: (unit: string) => string) {
  const match = AMOUNT.exec(text);
  if (match === null) return undefined;
  const written = fold(match[2] ?? "");
  const unit = Object.keys(units).find((name) => fold(name) === written);
  if (unit === undefined) return undefined;
  const amount = Number(match[1]) * (units[unit] ?? 0);
  return Number.isSafeInteger(Math.round(amount)) ? Math.round(amount) : undefined;
}

function formatAmount(amount: number, units: Readonly<Record<string, number>>, unitOfZero: string): string {
  if (amount === 0) return `0${unitOfZero}`;
  // Of the units that divide it, the one with the fewest digits: 1000 KiB, not 1024000B; 50MB, not 50000KB.
  const [unit, octets] = Object.entries(units).find(([, size]) => amount % size === 0) ?? ["", 1];
  return `${amount / octets}${unit}`;
}
