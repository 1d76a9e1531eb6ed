import { Buffer } from "node:buffer";
import * as net from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { watchRejections } from "../../tests/support/rejections.ts";
import { Connection } from "./connection.ts";
import { ConnectionError, DeadlineError, InterruptedError } from "./errors.ts";
import { connect, listen } from "./listener.ts";
import { pipe } from "./pipe.ts";

const LONG_MS = 10_000;
const text = (octets: Uint8Array | null | undefined) => octets && Buffer.from(octets).toString("latin1");

const ends: (() => unknown)[] = [];
let rejections: ReturnType<typeof watchRejections>;
beforeEach(() => void (rejections = watchRejections()));
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  expect(await rejections.stop()).toEqual([]);
});

/** Both ends of a connection over the loopback. */
async function overSockets(): Promise<[client: Connection, server: Connection]> {
  const { promise, resolve } = Promise.withResolvers<Connection>();
  const listener = await listen({ address: "127.0.0.1", port: 0 }, resolve);
  ends.push(() => listener.close());
  const client = await connect("127.0.0.1", listener.endpoint.port, LONG_MS);
  const server = await promise;
  ends.push(() => client.destroy(), () => server.destroy());
  return [client, server];
}

/** A connection whose peer is Node's own socket, for what no Connection would do. */
async function withRawPeer(): Promise<[peer: net.Socket, server: Connection]> {
  const { promise, resolve } = Promise.withResolvers<Connection>();
  const listener = await listen({ address: "127.0.0.1", port: 0 }, resolve);
  ends.push(() => listener.close());
  const peer = net.connect(listener.endpoint.port, "127.0.0.1");
  peer.on("error", () => undefined);
  const server = await promise;
  ends.push(() => peer.destroy(), () => server.destroy());
  return [peer, server];
}

const kinds: readonly [string, () => Promise<[Connection, Connection]>][] = [
  ["a pipe", () => Promise.resolve(pipe())],
  ["sockets", overSockets],
];

test.each(kinds)("over %s, lines and pieces arrive as they were sent", async (_, make) => {
  const [client, server] = await make();
  client.write("EHLO a\r\nDATA\r\n");
  client.write(Buffer.from("some octets"));
  await client.flush(LONG_MS, "the server");
  expect(text((await server.readLine(100, LONG_MS, "a command"))?.octets)).toBe("EHLO a");
  expect(server.hasLine()).toBe(true);
  expect(text((await server.readLine(100, LONG_MS, "a command"))?.octets)).toBe("DATA");
  const piece = await server.readPiece(LONG_MS, "data");
  expect(text(piece)).toBe("some octets");
  server.unread(piece!.subarray(5));
  expect(text(await server.readPiece(LONG_MS, "data"))).toBe("octets");
  expect([client.octetsOut, server.octetsIn]).toEqual([25, 25]);
});

test.each(kinds)("over %s, what was written leaves at the latest with the wait for input", async (_, make) => {
  const [client, server] = await make();
  server.write("220 one\r\n");
  server.write("250 two\r\n");
  const waiting = server.readLine(100, LONG_MS, "a command");
  expect(text(await client.readPiece(LONG_MS, "replies"))).toBe("220 one\r\n250 two\r\n");
  client.write("QUIT\r\n");
  await client.flush(LONG_MS, "the server");
  expect(text((await waiting)?.octets)).toBe("QUIT");
});

test.each(kinds)("over %s, a wait ends at its deadline and says what was awaited", async (_, make) => {
  const [client, server] = await make();
  await expect(server.readLine(100, 20, "a command")).rejects.toThrow(
    new DeadlineError("timed out while waiting for a command"),
  );
  await expect(server.readPiece(1, "the message")).rejects.toThrow(DeadlineError);
  // The connection is as it was: who waited may go on.
  client.write("NOOP\r\n");
  await client.flush(LONG_MS, "the server");
  expect(text((await server.readLine(100, LONG_MS, "a command"))?.octets)).toBe("NOOP");
});

test("a line's deadline is not moved by octets that trickle in", async () => {
  const [client, server] = pipe();
  const trickle = setInterval(() => {
    client.write("x");
    void client.flush(LONG_MS, "the server");
  }, 5);
  ends.push(() => clearInterval(trickle));
  await expect(server.readLine(1_000_000, 100, "a command")).rejects.toThrow(DeadlineError);
});

test.each(kinds)("over %s, the end of the stream within a line is the end, not a line", async (_, make) => {
  const [client, server] = await make();
  client.write("QUIT\r\nhalf a li");
  await client.end();
  expect(text((await server.readLine(100, LONG_MS, "a command"))?.octets)).toBe("QUIT");
  expect(await server.readLine(100, LONG_MS, "a command")).toBeNull();
  expect(text(await server.readPiece(LONG_MS, "data"))).toBe("half a li");
  expect(await server.readPiece(LONG_MS, "data")).toBeNull();
});

test.each(kinds)("over %s, a peer that has closed its side still gets what is sent", async (_, make) => {
  const [client, server] = await make();
  client.write("QUIT\r\n");
  const ended = client.end();
  expect(text((await server.readLine(100, LONG_MS, "a command"))?.octets)).toBe("QUIT");
  expect(await server.readLine(100, LONG_MS, "a command")).toBeNull();
  server.write("221 goodbye\r\n");
  await server.end();
  await ended;
});

test.each(kinds)("over %s, an interruption breaks off a wait, and nothing else", async (_, make) => {
  const [client, server] = await make();
  server.interrupt("nobody waits");
  const waiting = server.readLine(100, LONG_MS, "a command");
  server.interrupt("shutting down");
  await expect(waiting).rejects.toThrow(new InterruptedError("shutting down"));
  client.write("NOOP\r\n");
  await client.flush(LONG_MS, "the server");
  expect(text((await server.readLine(100, LONG_MS, "a command"))?.octets)).toBe("NOOP");
});

test("a peer that resets the connection is an error with its cause, in whatever wait", async () => {
  const [peer, server] = await withRawPeer();
  const waiting = server.readLine(100, LONG_MS, "a command");
  peer.resetAndDestroy();
  await expect(waiting).rejects.toThrow(ConnectionError);
  await expect(server.readPiece(LONG_MS, "data")).rejects.toThrow(ConnectionError);
  await expect(server.flush(LONG_MS, "the peer")).rejects.toThrow(ConnectionError);
  server.write("into nowhere");
  await server.end();
});

test("a peer that resets while nobody waits harms nobody", async () => {
  const [peer, server] = await withRawPeer();
  server.write("220 hello\r\n");
  await server.flush(LONG_MS, "the peer");
  peer.resetAndDestroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  server.write("221 goodbye\r\n");
  await server.end();
});

test.each(kinds)(
  "over %s, a writer waits for a peer that does not read, and goes on when it does",
  async (kind, make) => {
    const [client, server] = await make();
    const block = new Uint8Array(64 * 1024).fill(120);
    // More than the buffers of the kernel take.
    const total = (kind === "a pipe" ? 2 : 12) * 1024 * 1024;
    let sent = 0;
    let waits = 0;
    const writing = (async () => {
      while (sent < total) {
        client.write(block);
        sent += block.length;
        if (!client.wantsFlush) continue;
        waits++;
        await client.flush(LONG_MS, "the peer to take it");
      }
      await client.end();
    })();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const ahead = sent;
    expect(ahead).toBeLessThan(total);
    // The reader has stopped the stream: what waits here is bounded.
    expect(server.unreadOctets).toBeLessThan(1024 * 1024);
    let received = 0;
    for (let piece = await server.readPiece(LONG_MS, "it"); piece; piece = await server.readPiece(LONG_MS, "it")) {
      received += piece.length;
    }
    await writing;
    expect([received, waits > 0]).toEqual([total, true]);
  },
);

test.each(kinds)("over %s, a writer gives up on a peer that never reads", async (_, make) => {
  const [client] = await make();
  const block = new Uint8Array(1024 * 1024);
  const writing = (async () => {
    for (let count = 0; count < 500; count++) {
      client.write(block);
      await client.flush(50, "the peer to take it");
    }
  })();
  await expect(writing).rejects.toThrow(new DeadlineError("timed out while waiting for the peer to take it"));
  client.destroy();
});

test.each(kinds)("over %s, a writer hears of it when the peer goes away", async (_, make) => {
  const [client, server] = await make();
  const block = new Uint8Array(1024 * 1024);
  const writing = (async () => {
    for (let count = 0; count < 500; count++) {
      client.write(block);
      await client.flush(LONG_MS, "the peer to take it");
    }
  })();
  await Promise.all([
    expect(writing).rejects.toThrow(ConnectionError),
    new Promise((resolve) => setTimeout(resolve, 20)).then(() => server.destroy()),
  ]);
});

test("a writer hears of it when a peer goes away that had closed its side before", async () => {
  const [peer, server] = await withRawPeer();
  peer.pause();
  peer.end();
  expect(await server.readPiece(LONG_MS, "it")).toBeNull();
  const writing = (async () => {
    for (let count = 0; count < 500; count++) {
      server.write(new Uint8Array(1024 * 1024));
      await server.flush(LONG_MS, "the peer to take it");
    }
  })();
  await Promise.all([
    expect(writing).rejects.toThrow(ConnectionError),
    new Promise((resolve) => setTimeout(resolve, 20)).then(() => peer.destroy()),
  ]);
});

test("the last reply reaches a peer that had sent more than was read", async () => {
  const [client, server] = await overSockets();
  client.write("NOOP\r\n".repeat(100_000));
  await client.flush(LONG_MS, "the server");
  await server.readLine(100, LONG_MS, "a command");
  server.write("421 too much\r\n");
  await server.end();
  expect(text((await client.readLine(100, LONG_MS, "the reply"))?.octets)).toBe("421 too much");
  expect(await client.readLine(100, LONG_MS, "the end")).toBeNull();
});

test("all that was written leaves before the connection closes, however slowly the peer reads", async () => {
  const [peer, server] = await withRawPeer();
  peer.pause();
  const total = 12 * 1024 * 1024;
  server.write(new Uint8Array(total));
  const ended = server.end();
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  let received = 0;
  peer.on("data", (piece) => void (received += piece.length));
  peer.resume();
  await Promise.all([ended, new Promise((resolve) => peer.once("end", resolve))]);
  expect(received).toBe(total);
});

test("a connection that was destroyed gives errors, not octets", async () => {
  const [client, server] = await overSockets();
  const waiting = server.readLine(100, LONG_MS, "a command");
  server.destroy();
  await expect(waiting).rejects.toThrow(ConnectionError);
  await expect(server.readPiece(LONG_MS, "data")).rejects.toThrow(ConnectionError);
  expect(await client.readLine(100, LONG_MS, "the end").catch((error: unknown) => error)).toSatisfy(
    (end) => end === null || end instanceof ConnectionError,
  );
  await server.end();
});
