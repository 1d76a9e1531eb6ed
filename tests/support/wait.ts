/** How often a condition is looked at. */
const LOOK_EVERY_MS = 20;

/**
 * Waits until a condition holds; gives what it gave.
 * @param what ends the sentence "gave up waiting for …"
 * @throws when it does not hold in time, or the condition throws
 */
export async function waitFor<T>(
  what: string | (() => string),
  condition: () => T | Promise<T>,
  limitMs = 30_000,
): Promise<Exclude<T, false | null | undefined>> {
  const end = performance.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value) return value as Exclude<T, false | null | undefined>;
    if (performance.now() > end) {
      throw new Error(`gave up waiting for ${typeof what === "string" ? what : what()} after ${limitMs} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
