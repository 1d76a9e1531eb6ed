import { networkOf } from "../identity/throttle.ts";

/** Counts connections by where they come from. */
export interface ConnectionLimit {
  /** Whether one more may come from an address; then it counts until it is left. */
  enter(address: string): boolean;
  leave(address: string): void;
}

/**
 * Makes it: no address, or of IPv6 no network of 64 bits, has more than `most` connections, so that one device that
 * opens many and says nothing keeps nobody else out.
 */
export function createConnectionLimit(most: number): ConnectionLimit {
  const counts = new Map<string, number>();
  return {
    enter(address) {
      const key = networkOf(address);
      const count = counts.get(key) ?? 0;
      if (count >= most) return false;
      counts.set(key, count + 1);
      return true;
    },
    leave(address) {
      const key = networkOf(address);
      const left = (counts.get(key) ?? 0) - 1;
      if (left > 0) counts.set(key, left);
      else counts.delete(key);
    },
  };
}
