import { expect, test } from "vitest";
import { createRelayScene } from "../../tests/support/relay-scene.ts";
import { waitFor } from "../../tests/support/wait.ts";

const { peer, relay, ended } = createRelayScene();

/** Whom the report on a message goes to that the upstream refuses; the queue's own words. */
async function readerOf(from: string, device: string | null): Promise<string | undefined> {
  const upstream = await peer({ RCPT: ["550 5.1.1 no such user\r\n", "250 ok\r\n"] });
  const { take, submissions } = await relay({
    upstreams: [{ port: upstream.port }],
    accounts: [{ login: "office@example.net" }, { login: "bob", addresses: ["bob@example.net", "*@bob.example"] }],
    devices: [
      { name: "scanner", networks: ["192.168.1.20"], owner: "alice@example.net" },
      { name: "camera", networks: ["192.168.1.30"] },
    ],
  });
  const address = device === "scanner" ? "192.168.1.20" : device === "camera" ? "192.168.1.30" : "192.168.1.99";
  const sender = submissions.senderWithoutLogin({ address, port: 1 })!;
  await ended(await take({ from, sender }));
  const told = await waitFor("the report to be sent", () => {
    return upstream.commands.filter((line) => line.startsWith("RCPT TO:"))[1];
  });
  return /<(.*)>/.exec(told)?.[1];
}

test.each([
  ["scanner@local", "scanner", "alice@example.net"],
  ["OFFICE@example.net", "scanner", "OFFICE@example.net"],
  ["bob@example.net", "scanner", "bob@example.net"],
  // A pattern says that it may be used, not that somebody reads it.
  ["anybody@bob.example", "scanner", "alice@example.net"],
  ["scanner@local", "camera", "scanner@local"],
  ["scanner@local", null, "scanner@local"],
])("a report on mail from %s by %s goes to %s", async (from, device, expected) => {
  const reader = await readerOf(from, device);
  expect(reader?.toLowerCase()).toBe(expected.toLowerCase());
});
