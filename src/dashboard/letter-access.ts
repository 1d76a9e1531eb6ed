import { texts } from "../../web/texts.ts";
import { DashboardError } from "./errors.ts";
import type { Identity } from "./identity.ts";
import type { Octets } from "./letter.ts";
import { mayReadContent, maySee } from "./own.ts";
import type { DashboardPorts } from "./ports.ts";

/** A message whose content is asked for. */
export interface FoundLetter {
  readonly id: number;
  readonly size: number;
  readonly subject: string;
  /** As of web/letter-models.ts. */
  readonly state: "here" | "gone" | "closed";
  /** Its octets, from the beginning each time. */
  readonly octets: () => Octets;
}

type Ports = Pick<DashboardPorts, "store" | "mail">;

/**
 * A message of either kind, and whether what is in it is here and may be seen. Reading it marks nothing as read.
 * @throws DashboardError 404 where there is none that this identity may know of; StoreError
 */
export async function findLetter(ports: Ports, identity: Identity, id: number): Promise<FoundLetter> {
  const found = await rowOf(ports, id);
  if (!found || !maySee(identity, found)) throw new DashboardError(404, "NOT_FOUND", texts.message.gone);
  const { size, subject, isHere } = found;
  const state = !mayReadContent(identity, found) ? "closed" : isHere ? "here" : "gone";
  return { id, size, subject, state, octets: () => ports.mail.octets(id) };
}

/** The same, where the content itself is wanted. @throws DashboardError 404 also where it is not here or not for them */
export async function openLetter(ports: Ports, identity: Identity, id: number): Promise<FoundLetter> {
  const found = await findLetter(ports, identity, id);
  if (found.state !== "here") {
    throw new DashboardError(404, "NOT_FOUND", found.state === "gone" ? texts.letter.gone : texts.message.gone);
  }
  return found;
}

async function rowOf({ store }: Ports, id: number) {
  const queued = await store.read("messageHistory", { id });
  if (queued) {
    const { size, subject, account, doneAt, keptUntil } = queued.message;
    return { size, subject, account, isHere: doneAt === null || keptUntil !== null };
  }
  const cached = await store.read("mailboxMessageHistory", { id });
  if (!cached) return null;
  const { size, subject } = cached.message;
  return { size, subject, account: cached.mailbox.account, isHere: true };
}
