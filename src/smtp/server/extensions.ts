import { offeredMechanisms } from "../../dialogue/login.ts";
import type { Sender } from "./ports.ts";
import { largestMessage } from "./sender-rules.ts";
import { mayLogIn, offersScram, offersStartTls, type SmtpContext, type SmtpServerPolicy } from "./state.ts";

/** A service extension as EHLO announces it, with the parameters that it brings. Another one is another row. */
interface Extension {
  readonly keyword: string;
  readonly rfc: string;
  /** What stands behind the keyword; null: it is not offered now. */
  readonly offer: (context: SmtpContext, sender: Sender | null) => string | null;
  /** Parameters of MAIL that it brings. */
  readonly mail?: readonly string[];
  /** Parameters of RCPT that it brings. */
  readonly rcpt?: readonly string[];
}

/** The extensions, in the order in which they are announced. */
const extensions: readonly Extension[] = [
  { keyword: "PIPELINING", rfc: "RFC 2920", offer: always },
  {
    keyword: "SIZE",
    rfc: "RFC 1870",
    offer: (context, sender) => String(largestMessage(context, sender)),
    mail: ["SIZE"],
  },
  { keyword: "8BITMIME", rfc: "RFC 6152", offer: always, mail: ["BODY"] },
  { keyword: "CHUNKING", rfc: "RFC 3030", offer: inChunks },
  { keyword: "BINARYMIME", rfc: "RFC 3030", offer: inChunks },
  { keyword: "SMTPUTF8", rfc: "RFC 6531", offer: always, mail: ["SMTPUTF8"] },
  { keyword: "DSN", rfc: "RFC 3461", offer: always, mail: ["RET", "ENVID"], rcpt: ["NOTIFY", "ORCPT"] },
  { keyword: "LIMITS", rfc: "RFC 9422", offer: ({ policy }) => formatLimits(policy) },
  { keyword: "ENHANCEDSTATUSCODES", rfc: "RFC 2034", offer: always },
  { keyword: "STARTTLS", rfc: "RFC 3207", offer: (context) => offersStartTls(context) ? "" : null },
  {
    keyword: "AUTH",
    rfc: "RFC 4954",
    offer: (context) => mayLogIn(context) ? offeredMechanisms(offersScram(context)).join(" ") : null,
    // AUTH= is accepted and not relied upon (RFC 4954 section 5).
    mail: ["AUTH"],
  },
];

/** Parameters that MAIL takes. */
export const mailParameters = extensions.flatMap(({ mail }) => mail ?? []);
/** Parameters that RCPT takes. */
export const rcptParameters = extensions.flatMap(({ rcpt }) => rcpt ?? []);

/**
 * The lines that announce what is offered at this moment. RFC 5321 section 4.1.1.1.
 * @param sender who would send now, or null while nobody knows
 */
export function announceExtensions(context: SmtpContext, sender: Sender | null): string[] {
  return extensions.flatMap(({ keyword, offer }) => {
    const value = offer(context, sender);
    if (value === null) return [];
    return [value === "" ? keyword : `${keyword} ${value}`];
  });
}

function formatLimits({ maxRecipients, maxMessages }: SmtpServerPolicy): string {
  return `RCPTMAX=${maxRecipients}${maxMessages > 0 ? ` MAILMAX=${maxMessages}` : ""}`;
}

function always(): string {
  return "";
}

/** What comes in chunks goes by the queue: a client is not led there where mail is to go straight through. */
function inChunks({ policy }: SmtpContext): string | null {
  return policy.mode === "direct" ? null : "";
}
