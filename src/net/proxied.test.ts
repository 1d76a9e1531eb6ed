import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { pipe } from "./pipe.ts";
import { takeProxyHeader } from "./proxied.ts";

test("behind a proxy the client is who the header names; a proxy that names nobody is known as such", async () => {
  const peerOf = async (header: string) => {
    const [client, server] = pipe();
    client.write(Buffer.from(header, "latin1"));
    await client.flush(5_000, "the server to take the header");
    const fault = await takeProxyHeader(server, 5_000);
    return { fault, peer: server.peer };
  };
  const named = await peerOf("PROXY TCP4 192.0.2.7 192.0.2.1 4000 25\r\n");
  expect(named).toMatchObject({ fault: null, peer: { address: "192.0.2.7", port: 4000 } });
  expect(named.peer.isProxy).toBeUndefined();
  const v2Local = Buffer.concat([Buffer.from("0d0a0d0a000d0a515549540a", "hex"), Buffer.from([0x20, 0, 0, 0])]);
  for (const header of ["PROXY UNKNOWN\r\n", v2Local.toString("latin1")]) {
    const { fault, peer } = await peerOf(header);
    expect([fault, peer.isProxy]).toEqual([null, true]);
  }
});
