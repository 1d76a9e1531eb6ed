import { expect, test } from "vitest";
import { createRoom, RESERVE_OCTETS, type RoomState } from "./room.ts";

function roomOf(free: number) {
  const disk = { free, now: 0 };
  const told: RoomState[] = [];
  const room = createRoom({
    folder: "/data",
    clock: { now: () => disk.now },
    changed: (state) => void told.push(state),
    freeOctets: () => disk.free,
  });
  const later = (next: number) => {
    disk.free = next;
    disk.now += 3_000;
  };
  return { room, told, later };
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
