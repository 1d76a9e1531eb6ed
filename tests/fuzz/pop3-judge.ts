import type { SessionRecord } from "../../src/dialogue/session.ts";
import type { Connection } from "../../src/net/connection.ts";
import { memoryMailboxes } from "../../src/pop3/server/memory.ts";
import { pop3ServerLimits, servePop3 } from "../../src/pop3/server/session.ts";
import { messageOf } from "../conformance/pop3-server/script.ts";
import { mailboxOf, openPolicy, recorded } from "../conformance/pop3-server/support.ts";
import type { Played } from "../support/half-closed.ts";

/** A POP3 session to be judged: login "mrose", three messages. */
export function judgedPop3(): {
  serve: (server: Connection) => Promise<SessionRecord>;
  faults: (played: Played) => string[];
  left: () => string[];
} {
  const mailbox = mailboxOf([messageOf(100), "Subject: dots\r\n\r\n.\r\n..\r\nEnd.\r\n", messageOf(500)]);
  const mailboxes = memoryMailboxes(new Map([["mrose", mailbox]]));
  return {
    serve(server) {
      const { log, record } = recorded(server);
      const limits = { ...pop3ServerLimits, maxRefusals: 8 };
      void servePop3({
        connection: server,
        log,
        mailboxes,
        policy: openPolicy,
        signal: new AbortController().signal,
        limits,
      });
      return record;
    },
    faults({ output, record: { outcome, cause } }) {
      const faults: string[] = [];
      if (!output.startsWith("+OK ") || !output.endsWith("\r\n")) faults.push("the output is not a row of replies");
      if (/\r(?!\n)|(?<!\r)\n/.test(output)) faults.push("a bare CR or LF was sent");
      if (!["completed", "dropped", "refused"].includes(outcome)) {
        faults.push(`the session ended as ${outcome}: ${cause}`);
      }
      // Only QUIT makes DELE true (RFC 1939 section 6).
      if (outcome !== "completed" && mailbox.messages.length !== 3) faults.push("removed without QUIT");
      return faults;
    },
    left: () => mailbox.messages.map(({ uidl }) => uidl),
  };
}
