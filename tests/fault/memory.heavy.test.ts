import { Buffer } from "node:buffer";
import process from "node:process";
import { expect, test } from "vitest";
import type { Waypost } from "../support/process.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { sampleMessage, streamedMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import { sourceMessage, startSource } from "../support/scripted-source.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();

/** Just under the largest message that is taken by default. */
const MESSAGE_OCTETS = 49_900_000;
const MOST_GROWTH_MB = 32;
/** Messages of the usual size that go through each hop before the large one. */
const SMALL = 20;

test("a message of 50 MB in, out, fetched and served costs less than 32 MB over idle", async () => {
  const certificate = await scene.certificate();
  const upstream = await scene.upstream({ certificate });
  const small = Array.from({ length: SMALL }, () => sampleMessage(20_000));
  const messages = small.map((octets, index) => sourceMessage(`small-${index}`, octets));
  const source = await startSource(messages, 0, certificate);
  scene.atEnd(() => source.stop());
  const waypost = await scene.waypost(
    scene.folder(),
    relaySettings({
      upstreams: [{ port: upstream.port, tls: "starttls", ca: certificate.caPath }],
      accounts: accountWithSource(source.port, certificate.caPath),
    }),
  );
  // Small mail through each hop first, so that only the size makes the difference.
  for (const octets of small) await send(waypost, octets);
  await waitFor("the small messages", () => upstream.messages.length === SMALL);
  await readAll(waypost, SMALL);
  await settled();
  const idle = waypost.memory().now;
  const growth: Record<string, number> = {};
  const measure = async (hop: string, work: () => Promise<void>) => {
    waypost.resetPeak();
    await work();
    growth[hop] = Math.round((waypost.memory().peak - idle) / 1e6);
    await settled();
  };

  const message = streamedMessage(MESSAGE_OCTETS);
  await measure("in and out", async () => {
    await send(waypost, message.pieces());
    const taken = await waitFor("the message", () => upstream.messages[SMALL], 60_000);
    expect(taken.size).toBeGreaterThan(message.size);
  });
  const large = streamedMessage(MESSAGE_OCTETS);
  await measure("fetched", async () => {
    source.messages.push({ uidl: "large", size: large.size, stuffed: () => large.pieces() });
    await waitFor("the poll", async () => (await countMessages(waypost)) === SMALL + 1, 60_000);
  });
  await measure("served", async () => {
    const got = await readAll(waypost, SMALL + 1);
    expect(got.at(-1)).toMatchObject({ size: large.size, digest: large.digest() });
  });

  const runtime = process.versions.deno ? `Deno ${process.versions.deno}` : `Node ${process.versions.node}`;
  const figures = Object.entries(growth).map(([hop, megabytes]) => `${hop} +${megabytes} MB`).join(", ");
  console.log(`${runtime}: idle ${Math.round(idle / 1e6)} MB; a message of 50 MB ${figures}`);
  expect(Math.max(...Object.values(growth)), figures).toBeLessThan(MOST_GROWTH_MB);
  await waypost.stop();
}, 180_000);

function accountWithSource(port: number, caPath: string): string {
  return `
[[account]]
login = "${alice.login}"
password = "${alice.password}"
[account.source]
host = "127.0.0.1"
port = ${port}
tls = "implicit"
ca = ${JSON.stringify(caPath)}
username = "alice"
password = "source-secret"
interval = "1s"`;
}

async function send(waypost: Waypost, octets: Buffer | AsyncIterable<Uint8Array>): Promise<void> {
  const client = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, alice.login, alice.password);
  await client.send(alice.login, ["bob@example.org"], octets);
  await client.quit();
}

async function countMessages(waypost: Waypost): Promise<number> {
  const reader = await RawPop3.logIn(waypost.pop3[0]!, waypost.ca, alice.login, alice.password);
  const { length } = await reader.uidls();
  await reader.quit();
  return length;
}

/** Reads the first messages of the mailbox, for their size and digest. */
async function readAll(waypost: Waypost, count: number) {
  await waitFor("the mailbox", async () => (await countMessages(waypost)) >= count);
  const reader = await RawPop3.logIn(waypost.pop3[0]!, waypost.ca, alice.login, alice.password);
  const got = [];
  for (let number = 1; number <= count; number++) got.push(await reader.retrieve(number, false));
  await reader.quit();
  return got;
}

/** Garbage is collected when there is nothing else to do. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2_000));
}
