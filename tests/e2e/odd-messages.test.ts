import { expect, test } from "vitest";
import { oddMessages, oddOctets } from "../support/odd-messages.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();

/** What RFC 5321 section 2.3.8 lets nobody send, and a last line that SMTP ends by itself. */
const hasBareLineEnd = (octets: Buffer) => /\r(?!\n)|(?<!\r)\n/.test(octets.toString("latin1"));
const isEnded = (octets: Buffer) => octets.length === 0 || octets.subarray(-2).equals(Buffer.from("\r\n"));

test(
  "odd messages pass the relay octet for octet behind the fields that a relay adds, or are refused for bare CR or LF",
  async () => {
    const upstream = await scene.upstream({ keep: true });
    const waypost = await scene.waypost(scene.folder(), relaySettings({ upstreams: [{ port: upstream.port }] }));
    const client = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, alice.login, alice.password);
    const passed: Buffer[] = [];
    for (const { name, octets } of [...oddMessages(), ...oddOctets()]) {
      if (!isEnded(octets)) continue;
      const sending = client.send(alice.login, ["bob@example.org"], octets);
      if (hasBareLineEnd(octets)) {
        await expect(sending, name).rejects.toThrow("550 5.6.0");
        continue;
      }
      await sending;
      passed.push(octets);
      await waitFor(name, () => upstream.messages.length === passed.length);
      expectOnlyFieldsBefore(upstream.messages.at(-1)!.octets, octets, name);
    }
    expect(passed.length).toBeGreaterThan(60);
    await client.quit();
    await waypost.stop();
  },
  60_000,
);

/** Received, and what a submission must have and lacks (RFC 6409 section 8). */
function expectOnlyFieldsBefore(arrived: Buffer, sent: Buffer, name: string): void {
  expect(arrived.subarray(arrived.length - sent.length).equals(sent), name).toBe(true);
  const added = arrived.subarray(0, arrived.length - sent.length).toString("latin1").replace(/\r\n[ \t]+/g, " ");
  expect(added).toMatch(/^Received: .*\r\n(?:(?:From|Date|Message-ID): .*\r\n)*(?:\r\n)?$/);
}
