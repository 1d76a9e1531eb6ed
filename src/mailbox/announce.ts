import type { Pop3Client } from "../pop3/client/dialogue.ts";
import { topAll } from "../pop3/client/mailbox.ts";
import { InterruptedError } from "../net/errors.ts";
import { createHeaderReader, type HeaderReader } from "../wire/header.ts";
import type { ListedMessage } from "./ledger.ts";
import { composeNotice } from "./notice.ts";
import { copiesOf, messageRow, type ReceiverPorts, type ReceiverTarget } from "./receiver.ts";

/** What is announced, and in whose name. */
export interface Announcement extends Omit<ReceiverTarget, "announced" | "messages"> {
  readonly messages: readonly ListedMessage[];
  readonly account: string;
  readonly host: string;
  /** Octets by message number, as the source says. */
  readonly sizes: ReadonlyMap<number, number>;
}

/**
 * Stores a notice of each message that stays on its source for its size, with its header as TOP gives it. The notice and
 * the ledger's row are one commit. @returns how many there are
 * @throws StoreError; what topAll throws
 */
export async function announceAll(
  client: Pop3Client,
  window: number,
  target: Announcement,
  ports: ReceiverPorts,
): Promise<number> {
  const names = new Map(target.messages.map(({ number, uidl }) => [number, uidl]));
  let announced = 0;
  let current: { readonly number: number; readonly header: HeaderReader } | null = null;
  const store = async (number: number, header: Uint8Array) => {
    await storeNotice({ number, uidl: names.get(number)! }, header, target, ports);
    announced++;
  };
  const withoutHeader: number[] = [];
  await topAll(client, target.messages.map(({ number }) => number), window, {
    begin(number) {
      if (target.signal.aborted) throw new InterruptedError("fetching was stopped");
      current = { number, header: createHeaderReader() };
    },
    take: (octets) => void current!.header.push(octets),
    end: () => store(current!.number, current!.header.finish().octets),
    // A server without TOP: what is known is that there is such a message.
    refused: (number) => void withoutHeader.push(number),
  });
  for (const number of withoutHeader) await store(number, new Uint8Array(0));
  return announced;
}

async function storeNotice(
  { number, uidl }: ListedMessage,
  header: Uint8Array,
  { mailboxId, mailboxesFor, sessionId, account, host, sizes }: Announcement,
  ports: ReceiverPorts,
): Promise<void> {
  const id = ports.nextId();
  const now = ports.clock.now();
  const noticeOctets = sizes.get(number) ?? 0;
  const octets = composeNotice({ id, account, host, octets: noticeOctets, header });
  const [first, ...others] = mailboxesFor(header);
  const row = messageRow({ id, mailboxId: first!, header, size: octets.length, now, sessionId }, ports);
  const message = { ...row, noticeOctets };
  const times = { storedAt: now, changedAt: now };
  await ports.store.write("storeFetched", {
    message,
    copies: copiesOf(message, others, ports),
    ledger: { mailboxId, uidl, state: "announced", mailboxMessageId: id, size: noticeOctets, ...times },
    octets,
  });
}
