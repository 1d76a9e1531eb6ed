import type { Step } from "../../dialogue/client.ts";

/** The steps of a POP3 client. RFC 1939 sets no timeouts for clients: a source's settings do. */
const STEPS = {
  greeting: { name: "the connection", phase: "authorization", rfc: "RFC 1939 section 4" },
  capa: { name: "CAPA", rfc: "RFC 2449 section 5" },
  stls: { name: "STLS", rfc: "RFC 2595 section 4" },
  user: { name: "USER", rfc: "RFC 1939 section 7" },
  pass: { name: "PASS", rfc: "RFC 1939 section 7" },
  auth: { name: "AUTH", rfc: "RFC 5034 section 4" },
  stat: { name: "STAT", phase: "transaction", rfc: "RFC 1939 section 5" },
  list: { name: "LIST", phase: "transaction", rfc: "RFC 1939 section 5" },
  uidl: { name: "UIDL", phase: "transaction", rfc: "RFC 1939 section 7" },
  top: { name: "TOP", phase: "transaction", rfc: "RFC 1939 section 7" },
  retr: { name: "RETR", phase: "transaction", rfc: "RFC 1939 section 5" },
  dele: { name: "DELE", phase: "transaction", rfc: "RFC 1939 section 5" },
  quit: { name: "QUIT", phase: "update", rfc: "RFC 1939 section 6" },
  /** QUIT before a login: there is nothing to update. */
  leave: { name: "QUIT", rfc: "RFC 1939 section 4" },
} as const satisfies Record<string, Omit<Step, "timeoutMs">>;

/** A step by its name. */
export type Pop3Steps = Readonly<Record<keyof typeof STEPS, Step>>;

/** The steps with the time that a server may take for each reply. */
export function stepsWithin(timeoutMs: number): Pop3Steps {
  return Object.fromEntries(Object.entries(STEPS).map(([key, step]) => [key, { ...step, timeoutMs }])) as Pop3Steps;
}
