import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { falseEnds } from "../support/line-ends.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { receivers, startReceiver } from "../support/receiver.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";

const scene = createScene();

const HEADER = "From: a@example.net\r\nSubject: first\r\n\r\nfirst";
const HIDDEN = "MAIL FROM:<evil@example.net>\r\nRCPT TO:<victim@example.org>\r\nDATA\r\nhidden\r\n..\r\n";
/** So much that what stands before it has left for the upstream when the end comes. */
const FILLER = `${"x".repeat(998)}\r\n`.repeat(200);
const ends = falseEnds(2);

test.each(Object.entries(receivers))(
  `straight through to a %s server, a message with any of ${ends.length} false ends stays one or is refused`,
  async (_, end) => {
    const receiver = await startReceiver(end);
    scene.atEnd(receiver.close);
    const waypost = await scene.waypost(
      scene.folder(),
      relaySettings({
        upstreams: [{ port: receiver.port }],
        allowWithoutAuth: ["127.0.0.0/8"],
        more: '[[smtp.listen]]\naddress = "127.0.0.1:0"\ntls = "off"\nmode = "direct"',
      }),
    );
    const wrong: string[] = [];
    for (const falseEnd of [...ends, "\r\n..\r\n"]) {
      receiver.messages.length = receiver.commands.length = 0;
      const smtp = await RawSmtp.connect(waypost.smtp[1]!);
      await smtp.ask(250, "EHLO client.example");
      await smtp.ask(250, "MAIL FROM:<a@example.net>");
      await smtp.ask(250, "RCPT TO:<b@example.org>");
      await smtp.ask(354, "DATA");
      await smtp.client.write(Buffer.from(`${HEADER}${falseEnd}${HIDDEN}${FILLER}.\r\n`, "latin1"));
      const { code } = await smtp.reply();
      await smtp.quit();
      const isEvil = receiver.commands.some((command) => /evil|victim|hidden/.test(command));
      const asOne = code === 250 && receiver.messages.length === 1 && receiver.messages[0]!.includes("hidden");
      const refused = code === 550 && receiver.messages.length === 0;
      if (isEvil || !(asOne || refused)) {
        wrong.push(`${JSON.stringify(falseEnd)}: ${code}, ${receiver.messages.length} messages, ${receiver.commands}`);
      }
    }
    expect(wrong).toEqual([]);
  },
  60_000,
);
