import { createServer } from "node:net";
import { expect, test } from "vitest";
import { createAdmission } from "./admission.ts";
import { ConnectionError, describeError } from "./errors.ts";
import { connect, formatEndpoint, listen } from "./listener.ts";

test("an address that is taken is an error with the address and the cause", async () => {
  const first = await listen({ address: "127.0.0.1", port: 0 }, (connection) => connection.destroy());
  const error = await listen(first.endpoint, (connection) => connection.destroy()).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(ConnectionError);
  expect(describeError(error)).toMatch(new RegExp(`cannot listen on 127.0.0.1:${first.endpoint.port}: .*EADDRINUSE`));
  await first.close();
  const again = await listen(first.endpoint, (connection) => connection.destroy());
  await again.close();
});

test("a server that is not there is an error with its address", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  await expect(connect("127.0.0.1", port, 1_000)).rejects.toThrow(
    new ConnectionError(`cannot connect to 127.0.0.1:${port}`),
  );
});

test("an endpoint is written as people write it", () => {
  expect(formatEndpoint({ address: "127.0.0.1", port: 25 })).toBe("127.0.0.1:25");
  expect(formatEndpoint({ address: "::1", port: 25 })).toBe("[::1]:25");
});

test("connections are counted in all and for each address, and places are given back", () => {
  const admit = createAdmission(() => ({ max: 3, maxPerAddress: 2 }));
  const first = admit("a");
  admit("a");
  const third = admit("a");
  expect(third.turnedAway?.text).toMatch(/from your address/);
  third.leave();
  expect(admit("b").turnedAway).toBeNull();
  expect(admit("c").turnedAway?.text).toBe("Too many connections, try again later");
  first.leave();
  admit("c").leave();
});
