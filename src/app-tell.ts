import { getLogger } from "@logtape/logtape";
import type { RoomState } from "./store/room.ts";
import type { StoreTrouble } from "./store/trouble.ts";

const log = getLogger(["waypost"]);

/** That new mail is refused for want of room, or taken again. */
export function tellOfRoom({ isFull, freeOctets, reserveOctets }: RoomState): void {
  const figures = { freeOctets, reserveOctets };
  if (isFull) {
    const text =
      "new mail is refused: the disk is nearly full, {freeOctets} octets free, {reserveOctets} are kept free";
    log.warn(text, figures);
  } else log.info("new mail is taken again: {freeOctets} octets are free on the disk", figures);
}

/** That nothing can be written to the store, or that it can again. */
export function tellOfTrouble(trouble: StoreTrouble | null): void {
  if (trouble) {
    const { code, message } = trouble;
    log.warn("new mail is refused: nothing can be written to the store: {code}, {message}", { code, message });
  } else log.info("new mail is taken again: the store can be written");
}
