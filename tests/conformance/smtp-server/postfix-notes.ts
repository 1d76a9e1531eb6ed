import { nameOf } from "./script.ts";
import type { Result } from "./scores.ts";

/** Why Postfix, as Debian 12 has it, does otherwise; `choice`: it could be set to do it, or its authors decided so. */
const notes: Readonly<Record<string, { readonly choice: boolean; readonly why: string }>> = {
  "RFC 5321 section 4.1.1: QUIT takes no argument": {
    choice: true,
    why: "it says goodbye to QUIT with an argument too, where the standard asks for 501 (SHOULD)",
  },
  "RFC 4954 section 4: what is no base64 is 501": {
    choice: false,
    why: "a response that is no base64 is 535 as a wrong password is, where the standard asks for 501 5.5.2 (MUST)",
  },
  "RFC 4954 section 4: an initial response that is no base64 is 501": { choice: false, why: "the same" },
  "RFC 4954 section 6: who must log in first is told so: 530 5.7.0": {
    choice: true,
    why: "it takes MAIL and refuses the recipients with 554 5.7.1 (smtpd_delay_reject), so that its log names them",
  },
  "RFC 6409 section 4.3: without a login MAIL is refused": { choice: true, why: "the same" },
  "RFC 3030 section 2: an empty chunk may stand anywhere": {
    choice: true,
    why: "a chunk of no octets that is not the last one is refused with 551, as a sign of abuse",
  },
  "RFC 6531 section 3.5: an address beyond ASCII without SMTPUTF8 is refused, the transaction goes on": {
    choice: true,
    why: "it takes such addresses from clients that do not say SMTPUTF8 (strict_smtputf8 = no)",
  },
};

/** The rules that did not hold, as a list for the document. @throws when one is not explained, or needs no explanation any more */
export function otherwiseNotes(found: readonly Result[]): string {
  const names = found.map(({ script }) => nameOf(script));
  const unexplained = names.filter((name) => !Object.hasOwn(notes, name));
  const outdated = Object.keys(notes).filter((name) => !names.includes(name));
  if (unexplained.length + outdated.length > 0) {
    throw new Error(`to explain: ${unexplained.join("; ")}\nno longer so: ${outdated.join("; ")}`);
  }
  return names.map((name) => `- ${name}: ${notes[name]?.why} (${notes[name]?.choice ? "its choice" : "missing"})\n`)
    .join("");
}
