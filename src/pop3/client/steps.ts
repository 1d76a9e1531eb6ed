import type { Step } from "../../dialogue/client.ts";

/** One minute suffices for a word; what makes a server read or write its whole mailbox may take longer. */
const WORD_MS = 60_000;
const WORK_MS = 300_000;

/** The steps of a POP3 client. RFC 1939 sets no timeouts for clients; these fit servers that lock and scan on login. */
export const steps = {
  greeting: { name: "the connection", phase: "authorization", timeoutMs: WORD_MS, rfc: "RFC 1939 section 4" },
  capa: { name: "CAPA", timeoutMs: WORD_MS, rfc: "RFC 2449 section 5" },
  stls: { name: "STLS", timeoutMs: WORD_MS, rfc: "RFC 2595 section 4" },
  user: { name: "USER", timeoutMs: WORD_MS, rfc: "RFC 1939 section 7" },
  pass: { name: "PASS", timeoutMs: WORK_MS, rfc: "RFC 1939 section 7" },
  auth: { name: "AUTH", timeoutMs: WORK_MS, rfc: "RFC 5034 section 4" },
  stat: { name: "STAT", phase: "transaction", timeoutMs: WORK_MS, rfc: "RFC 1939 section 5" },
  list: { name: "LIST", phase: "transaction", timeoutMs: WORK_MS, rfc: "RFC 1939 section 5" },
  uidl: { name: "UIDL", phase: "transaction", timeoutMs: WORK_MS, rfc: "RFC 1939 section 7" },
  top: { name: "TOP", phase: "transaction", timeoutMs: WORD_MS, rfc: "RFC 1939 section 7" },
  retr: { name: "RETR", phase: "transaction", timeoutMs: WORD_MS, rfc: "RFC 1939 section 5" },
  dele: { name: "DELE", phase: "transaction", timeoutMs: WORD_MS, rfc: "RFC 1939 section 5" },
  quit: { name: "QUIT", phase: "update", timeoutMs: WORK_MS, rfc: "RFC 1939 section 6" },
  /** QUIT before a login: there is nothing to update. */
  leave: { name: "QUIT", timeoutMs: WORD_MS, rfc: "RFC 1939 section 4" },
} as const satisfies Record<string, Step>;
