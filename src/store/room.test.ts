import { expect, test } from "vitest";
import { createRoom, NO_ROOM_WITHIN, RESERVE_OCTETS, roomFor, type RoomState, type RoomWithin } from "./room.ts";

function roomOf(free: number, within: Partial<RoomWithin> = {}) {
  const disk = { free, now: 0 };
  const told: RoomState[] = [];
  const room = createRoom({
    folder: "/data",
    clock: { now: () => disk.now },
    changed: (state) => void told.push(state),
    freeOctets: () => disk.free,
    within: () => Promise.resolve({ ...NO_ROOM_WITHIN, ...within }),
  });
  const later = (next: number) => {
    disk.free = next;
    disk.now += 3_000;
  };
  return { room, told, later, disk };
}

test("what is kept free is refused to mail, and a message needs twice its size beyond it", () => {
  const { room, later } = roomOf(RESERVE_OCTETS + 1_000);
  expect([room.refuses(0), room.refuses(499), room.refuses(500)]).toEqual([false, false, true]);
  expect(room.state()).toEqual({ isFull: false, freeOctets: RESERVE_OCTETS + 1_000, reserveOctets: RESERVE_OCTETS });
  later(RESERVE_OCTETS);
  expect([room.refuses(0), room.state().isFull]).toEqual([true, true]);
});

test("it is told once when mail begins to be refused, and once when it no longer is", () => {
  const { room, told, later } = roomOf(1_000_000_000);
  room.refuses(0);
  for (const free of [42_000_000, 41_000_000, 40_000_000]) {
    later(free);
    room.refuses(0);
    room.state();
  }
  later(500_000_000);
  room.state();
  room.refuses(0);
  expect(told.map(({ isFull, freeOctets }) => [isFull, freeOctets])).toEqual([
    [true, 42_000_000],
    [false, 500_000_000],
  ]);
});

test("a message that is too large for what is left is no reason to say that the disk is full", () => {
  const { room, told } = roomOf(100_000_000);
  expect(room.refuses(50_000_000)).toBe(true);
  expect(told).toEqual([]);
});

test("close to what is kept free the disk is looked at each time, with plenty only now and then", () => {
  const { room, disk } = roomOf(10_000_000_000);
  room.refuses(0);
  disk.free = 100_000_000;
  expect(room.refuses(0)).toBe(false);
  disk.now += 3_000;
  expect(room.refuses(0)).toBe(false);
  disk.free = RESERVE_OCTETS;
  expect(room.refuses(0)).toBe(true);
});

test("what a queue that has drained left empty in the database is room, as long as the log has some beside it", async () => {
  const { room, told, later } = roomOf(RESERVE_OCTETS - 1_000, { reusableOctets: 500_000_000 });
  expect([room.refuses(0), room.state().isFull]).toEqual([true, true]);
  await Promise.resolve();
  expect([room.refuses(0), room.refuses(200_000_000), room.refuses(300_000_000)]).toEqual([false, false, true]);
  expect(told.map(({ isFull }) => isFull)).toEqual([true, false]);
  later(RESERVE_OCTETS / 2);
  expect([room.refuses(0), room.state().isFull]).toEqual([true, true]);
});

test.each([
  [33_000_000, 0, true],
  [32_000_000, 0, false],
  [20_000_000, 11_000_000, false],
  [20_000_000, 13_000_000, true],
  [9_000_000, 64_000_000, true],
  [8_000_000, 64_000_000, false],
])("%i octets free and a log of %i: whether room in the database counts: %s", (free, logOctets, counts) => {
  const reusableOctets = 500_000_000;
  expect(roomFor(free, { reusableOctets, logOctets })).toBe(free - RESERVE_OCTETS + (counts ? reusableOctets : 0));
});
