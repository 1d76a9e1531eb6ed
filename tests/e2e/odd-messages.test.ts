import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { commandsIn } from "../commands/support.ts";
import { changesOf } from "../support/octet-changes.ts";
import { oddMessages, oddOctets } from "../support/odd-messages.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
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

/** A file whose first line ends with LF alone is one of Unix; a CR at the end of a file is half of a line's end. */
const IMPORTED_OTHERWISE: Readonly<Record<string, string>> = {
  "lines that end with LF alone": "bare LF becomes CRLF",
  "a CR at the very end": "bare CR becomes CRLF",
};

test(
  "odd messages are imported, served with their sizes, and exported, octet for octet but the end of the last line",
  async () => {
    const folder = scene.folder();
    const waypost = await scene.waypost(folder, relaySettings({}));
    const { json } = commandsIn(folder);
    const [place, out] = [path.join(folder, "in"), path.join(folder, "out")];
    mkdirSync(place);
    const messages = oddOctets();
    messages.forEach(({ octets }, index) => writeFileSync(path.join(place, `${100 + index}.eml`), octets));
    expect(await json(["mailbox", "import", alice.login, place])).toMatchObject({ imported: messages.length });

    const reader = await RawPop3.logIn(waypost.pop3[0]!, waypost.ca, alice.login, alice.password);
    const sizes = (await reader.list("LIST")).map((line) => Number(line.split(" ")[1]));
    const served: Buffer[] = [];
    for (const [index, { name, octets }] of messages.entries()) {
      const got = await reader.retrieve(index + 1);
      expect(changesOf(octets.toString("latin1"), got.octets.toString("latin1")), name).toMatch(
        IMPORTED_OTHERWISE[name] ?? /^as it is$|^the last line is ended$/,
      );
      expect(sizes[index], name).toBe(got.size);
      served.push(got.octets);
    }
    await reader.quit();

    const exported = ["mailbox", "export", alice.login, out, "--format", "eml"];
    expect(await json(exported)).toMatchObject({ exported: messages.length });
    const files = readdirSync(out).sort().map((name) => readFileSync(path.join(out, name)));
    messages.forEach(({ name }, index) => expect(files[index]!.equals(served[index]!), name).toBe(true));
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
