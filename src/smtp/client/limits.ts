/** What a server announces by LIMITS. RFC 9422 section 3. */
export interface ServerLimits {
  /** Recipients of one message; Infinity: not announced. */
  readonly recipients: number;
  /** Messages of one connection; Infinity: not announced. */
  readonly messages: number;
}

/**
 * Reads the limits among the extensions that EHLO offered. What is no positive number is taken as not announced.
 * @param offered keyword in upper case, and what stood behind it
 */
export function serverLimits(offered: ReadonlyMap<string, string>): ServerLimits {
  const limits = offered.get("LIMITS") ?? "";
  return { recipients: limitOf(limits, "RCPTMAX"), messages: limitOf(limits, "MAILMAX") };
}

function limitOf(limits: string, name: string): number {
  const found = new RegExp(`(?:^|\\s)${name}[= ]0*([1-9]\\d{0,8})(?!\\S)`, "i").exec(limits);
  return found ? Number(found[1]) : Infinity;
}
