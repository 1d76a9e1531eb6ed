import { expect, test } from "vitest";
import { oddMessages } from "../support/odd-messages.ts";
import type { Waypost } from "../support/process.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { RawClient } from "../support/raw-smtp.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { sourceMessage, startSource } from "../support/scripted-source.ts";

const scene = createScene();
const messages = oddMessages();

function settings(port: number): string {
  return relaySettings({
    accounts: "",
    more: `[pop3]
first_fetch_wait = "20s"
[[pop3.upstream_login]]
domain = "example.org"
host = "127.0.0.1"
port = ${port}
tls = "off"
[[pop3.listen]]
address = "127.0.0.1:0"
`,
  }).replace('[[pop3.listen]]\naddress = "127.0.0.1:0"\n[dashboard]', "[dashboard]");
}

function logIn(waypost: Waypost, login: string, password: string): Promise<RawPop3> {
  return RawPop3.logIn(waypost.pop3[0]!, waypost.ca, login, password);
}

/** The reply to AUTH PLAIN at the SMTP server. */
async function smtpLogin(waypost: Waypost, login: string, password: string): Promise<string> {
  const client = await RawClient.connect(waypost.smtp[0]!);
  const reply = async () => {
    for (;;) {
      const line = await client.readLine();
      if (line[3] !== "-") return line;
    }
  };
  const ask = async (command: string) => {
    await client.write(`${command}\r\n`);
    return await reply();
  };
  await reply();
  await ask("EHLO client.test");
  await ask("STARTTLS");
  await client.secure(waypost.ca);
  await ask("EHLO client.test");
  const answer = await ask(`AUTH PLAIN ${Buffer.from(`\0${login}\0${password}`).toString("base64")}`);
  client.destroy();
  return answer;
}

test(
  "whoever logs in with an upstream address finds the mail there, and later with the line down; SMTP knows the account then",
  async () => {
    const upstream = await startSource(messages.map(({ octets }, index) => sourceMessage(`uidl-${index}`, octets)));
    scene.atEnd(() => upstream.stop());
    const folder = scene.folder();
    const waypost = await scene.waypost(folder, settings(upstream.port));
    expect(await smtpLogin(waypost, "carol@example.org", "her password")).toMatch(/^535 /);

    const first = await logIn(waypost, "Carol@Example.org", "her password");
    expect((await first.list("LIST")).length).toBe(messages.length);
    for (const [index, { name, octets }] of messages.entries()) {
      expect((await first.retrieve(index + 1)).octets.equals(octets), name).toBe(true);
    }
    await first.quit();
    expect(upstream.commands).toContain("USER Carol@Example.org");
    expect(await smtpLogin(waypost, "carol@example.org", "her password")).toMatch(/^235 /);

    await upstream.stop();
    await waypost.stop();
    const again = await scene.waypost(folder, settings(upstream.port));
    const offline = await logIn(again, "carol@example.org", "her password");
    expect((await offline.uidls()).length).toBe(messages.length);
    await offline.quit();
    await expect(logIn(again, "carol@example.org", "another")).rejects.toThrow(
      "-ERR [SYS/TEMP] the login cannot be checked",
    );
    await expect(logIn(again, "dave@example.org", "his")).rejects.toThrow("-ERR [SYS/TEMP]");
    await expect(logIn(again, "dave@example.com", "his")).rejects.toThrow("-ERR [AUTH] login or password is wrong");
    expect(await smtpLogin(again, "carol@example.org", "her password")).toMatch(/^235 /);
  },
  60_000,
);
