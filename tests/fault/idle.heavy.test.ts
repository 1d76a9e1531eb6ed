import * as net from "node:net";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { expect, test } from "vitest";
import type { Waypost } from "../support/process.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";

const scene = createScene();

const IDLE = 2_000;
const MOST_GROWTH_MB = 60;
/** Connections that are opened at a time: more would wait in the system's own queue. */
const AT_A_TIME = 100;

test("2,000 clients that connect and say nothing cost less than 60 MB, and mail goes on beside them", async () => {
  const limits = "max_connections = 5000\nmax_connections_per_address = 5000\n";
  const settings = relaySettings({ allowWithoutAuth: ["127.0.0.0/8"] }).replace("[smtp]\n", `[smtp]\n${limits}`);
  const waypost = await scene.waypost(scene.folder(), settings);
  await sendSome(waypost);
  const before = await sendSome(waypost);
  await settled();
  const idle = waypost.memory().now;
  const clients: net.Socket[] = [];
  scene.atEnd(() => clients.forEach((client) => client.destroy()));
  while (clients.length < IDLE) {
    clients.push(...await Promise.all(Array.from({ length: AT_A_TIME }, () => greeted(waypost.smtp[0]!.port))));
  }
  await settled();
  const growth = (waypost.memory().now - idle) / 1e6;
  const beside = await sendSome(waypost);
  console.log(
    `2,000 idle clients: +${growth.toFixed(1)} MB; a message took ${before.toFixed(1)} ms before, ${
      beside.toFixed(1)
    } ms beside`,
  );
  expect(growth).toBeLessThan(MOST_GROWTH_MB);
});

/** A client that has read the greeting. */
async function greeted(port: number): Promise<net.Socket> {
  const socket = net.connect(port, "127.0.0.1");
  const [greeting] = await once(socket, "data") as [Uint8Array];
  expect(String(greeting)).toMatch(/^220 /);
  return socket;
}

/** Sends messages, each over a connection of its own; gives the milliseconds that one took. */
async function sendSome(waypost: Waypost): Promise<number> {
  const count = 100;
  const begun = performance.now();
  for (let sent = 0; sent < count; sent++) {
    const client = await RawSmtp.connect(waypost.smtp[0]!);
    await client.ask(250, "EHLO client.example");
    await client.send("a@example.net", ["bob@example.org"], sampleMessage(1_000));
    client.client.destroy();
  }
  return (performance.now() - begun) / count;
}

/** Until what was recorded is written and garbage is gone. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 7_000));
}
