import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { pipe } from "./pipe.ts";
import { takeProxyHeader } from "./proxied.ts";

const headers = [
  Buffer.from("PROXY TCP4 203.0.113.7 198.51.100.1 56324 25\r\n"),
  Buffer.from("0d0a0d0a000d0a515549540a2111000fcb007107c6336401dc04001901000100", "hex").subarray(0, 31),
];

/** Cuts at the given places, whatever is sent. */
function cutAt(places: readonly number[]): (octets: Uint8Array) => Uint8Array[] {
  return (octets) => {
    const ends = [...new Set(places.map((place) => place % (octets.length + 1))), octets.length].sort((a, b) => a - b);
    return ends.map((end, index) => octets.subarray(ends[index - 1] ?? 0, end)).filter((piece) => piece.length > 0);
  };
}

test("wherever a header is cut, the client is the one that it names and nothing behind it is lost", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...headers), fc.array(fc.nat(), { maxLength: 6 }), async (header, places) => {
      const [proxy, server] = pipe(cutAt(places));
      const taken = takeProxyHeader(server, 10_000);
      proxy.write(Buffer.concat([header, Buffer.from("EHLO a\r\nNOOP\r\n")]));
      await proxy.flush(10_000, "the server");
      expect(await taken).toBeNull();
      expect(server.peer).toEqual({ address: "203.0.113.7", port: 56324 });
      for (const expected of ["EHLO a", "NOOP"]) {
        expect(Buffer.from((await server.readLine(100, 10_000, "a command"))!.octets).toString()).toBe(expected);
      }
      proxy.destroy();
      server.destroy();
    }),
    { numRuns: 200 },
  );
});

test.each<[string, (proxy: ReturnType<typeof pipe>[0]) => void, RegExp]>([
  ["says nothing", () => undefined, /timed out while waiting for the PROXY header/],
  ["stops within it", (proxy) => proxy.write("PROXY TCP4 "), /timed out while waiting for the PROXY header/],
  ["closes before it", (proxy) => proxy.destroy(), /closed/],
  ["sends a command", (proxy) => proxy.write("EHLO a\r\n"), /does not begin with a PROXY header/],
])("a proxy that %s is not served, and the owner reads why", async (_, act, why) => {
  const [proxy, server] = pipe();
  act(proxy);
  void proxy.flush(1_000, "the server").catch(() => "destroyed above");
  const turnedAway = await takeProxyHeader(server, 50);
  expect(turnedAway).toMatchObject({ forNow: true, cause: expect.stringMatching(why) });
  expect(server.peer.address).toBe("192.0.2.1");
  server.destroy();
});
