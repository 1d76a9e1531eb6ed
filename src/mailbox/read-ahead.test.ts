import { expect, test } from "vitest";
import { CHUNK_OCTETS } from "../store/chunks.ts";
import { SMALL_READ_OCTETS, type Store } from "../store/store.ts";
import { ReadAhead } from "./read-ahead.ts";
import { temporaryStore } from "./support.ts";

/** A store that holds messages by id and notes how they are asked for: in an array, or alone in chunks. */
function storeOf(messages: ReadonlyMap<number, Uint8Array>) {
  const asked: (readonly number[] | number)[] = [];
  const store = {
    smallMessages(ids: readonly number[]) {
      asked.push(ids);
      return Promise.resolve(ids.map((id) => messages.get(id) ?? null));
    },
    async *octets(id: number) {
      asked.push(id);
      const octets = messages.get(id)!;
      for (let at = 0; at < octets.length; at += CHUNK_OCTETS) yield octets.subarray(at, at + CHUNK_OCTETS);
    },
  } as Partial<Store> as Store;
  return { store, asked };
}

/** Messages with the given sizes, filled with their id; ids from 1. */
function messagesOf(...sizes: number[]) {
  const rows = sizes.map((size, index) => ({ id: index + 1, octets: size }));
  const list = { length: rows.length, idOf: (index: number) => index + 1, octetsOf: (index: number) => sizes[index]! };
  return { rows, list, octets: new Map(rows.map(({ id, octets }) => [id, new Uint8Array(octets).fill(id)])) };
}

async function sizeAndFirst(ahead: ReadAhead, index: number): Promise<[size: number, first: number | undefined]> {
  const message = await ahead.open(index);
  const pieces = message instanceof Uint8Array ? [message] : await Array.fromAsync(message);
  return [pieces.reduce((sum, { length }) => sum + length, 0), pieces[0]?.[0]];
}

test("messages that are taken in order are read together, and the next ones while these are sent", async () => {
  const third = SMALL_READ_OCTETS / 8;
  const { list, octets } = messagesOf(...Array.from({ length: 20 }, () => third));
  const { store, asked } = storeOf(octets);
  const ahead = new ReadAhead(store, list);
  for (let index = 0; index < 9; index++) expect(await sizeAndFirst(ahead, index)).toEqual([third, index + 1]);
  expect(asked).toEqual([[1, 2, 3, 4, 5, 6, 7, 8], [9, 10, 11, 12, 13, 14, 15, 16], [17, 18, 19, 20]]);
});

test("a message that is taken out of order is read alone", async () => {
  const { rows, list, octets } = messagesOf(10, 20, 30, 40, 50);
  const { store, asked } = storeOf(octets);
  const ahead = new ReadAhead(store, list);
  for (const index of [3, 1, 4]) expect(await sizeAndFirst(ahead, index)).toEqual([rows[index]!.octets, index + 1]);
  expect(asked).toEqual([[4], [2], [5]]);
});

test("a message in several chunks is read on its own, and nothing beyond it before it is taken", async () => {
  const { rows, list, octets } = messagesOf(10, CHUNK_OCTETS, 2 * CHUNK_OCTETS + 1, 20);
  const { store, asked } = storeOf(octets);
  const ahead = new ReadAhead(store, list);
  for (const index of [0, 1, 2, 3]) expect(await sizeAndFirst(ahead, index)).toEqual([rows[index]!.octets, index + 1]);
  expect(asked).toEqual([[1], 2, 3, [4]]);
});

test("a message may be taken twice, and one without octets is none", async () => {
  const { rows, list, octets } = messagesOf(10, 0, 30);
  const { store } = storeOf(octets);
  const ahead = new ReadAhead(store, list);
  for (const index of [0, 0, 1, 1, 2, 0]) {
    expect(await sizeAndFirst(ahead, index)).toEqual([
      rows[index]!.octets,
      rows[index]!.octets === 0 ? undefined : index + 1,
    ]);
  }
});

test("a spool that has less than the whole message breaks off", async () => {
  const { list, octets } = messagesOf(10, 20);
  octets.set(1, new Uint8Array(9));
  octets.delete(2);
  const ahead = new ReadAhead(storeOf(octets).store, list);
  await expect(sizeAndFirst(ahead, 0)).rejects.toThrow("the spool holds 9 of the 10 octets of mailbox message 1");
  await expect(sizeAndFirst(ahead, 1)).rejects.toThrow("the spool holds 0 of the 20 octets of mailbox message 2");
});

test("the store gives small messages in the order they are asked for, untouched by later reads", async () => {
  const { store, remove } = await temporaryStore();
  const mailboxId = await store.write("ensureMailbox", { id: 1, account: "a", source: "s" });
  const sizes = [0, 1, 5_000, CHUNK_OCTETS - 1];
  await Promise.all(sizes.map((size, index) =>
    store.write("storeFetched", {
      message: {
        ...{ id: index + 1, mailboxId, uidl: `u${index}`, size, messageId: "", sender: "", subject: "", fetchedAt: 0 },
        ...{ sessionId: null, deletedAt: null, readBySessionId: null },
      },
      ledger: null,
      octets: new Uint8Array(size).fill(index + 1),
    })
  ));
  const reads = Array.from({ length: 40 }, (_, at) => store.smallMessages(at % 2 ? [4, 9, 2, 3] : [3, 1, 4]));
  const got = await Promise.all(reads);
  const shown = got.map((messages) => messages.map((octets) => octets && [octets.length, octets.at(-1)]));
  for (const [at, one] of shown.entries()) {
    expect(one).toEqual(
      at % 2 ? [[CHUNK_OCTETS - 1, 4], null, [1, 2], [5_000, 3]] : [
        [5_000, 3],
        [0, undefined],
        [CHUNK_OCTETS - 1, 4],
      ],
    );
  }
  await remove();
});
