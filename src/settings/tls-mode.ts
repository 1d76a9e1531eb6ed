import { choice } from "./kinds.ts";
import type { Resolved } from "./table.ts";

/** How TLS begins: not at all, by STARTTLS (or STLS) within the session, or with the connection. */
export const tlsMode = choice("off", "starttls", "implicit");

/** The port that goes with the way TLS begins. */
export function portByTls(off: number, starttls: number, implicit: number) {
  const ports: Readonly<Record<string, number>> = { off, starttls, implicit };
  return {
    text: `${starttls} with starttls, ${implicit} with implicit, ${off} with off`,
    value: (entry: Resolved) => ports[String(entry["tls"])] ?? 0,
  };
}
