import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDovecot } from "../support/peers/dovecot.ts";
import { missingPrograms } from "../support/peers/installed.ts";
import { type Postfix, startPostfix } from "../support/peers/postfix.ts";
import { sendBy, type SenderName } from "../support/peers/senders.ts";
import type { Waypost } from "../support/process.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { receivedBefore, sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const login = { username: "office", password: "upstream-secret" };

describe.skipIf(missingPrograms("postfix", "dovecot").length > 0)("Postfix as upstream, STARTTLS and AUTH", () => {
  const scene = createScene(afterAll);
  let postfix: Postfix;
  let waypost: Waypost;
  let restart: () => Promise<Postfix>;

  beforeAll(async () => {
    const certificate = await scene.certificate();
    const dovecot = await startDovecot({ folder: scene.folder(), certificate, password: login.password });
    scene.atEnd(() => dovecot.stop());
    const folder = scene.folder();
    postfix = await startPostfix({ folder, certificate, sasl: dovecot.sasl });
    scene.atEnd(() => postfix.stop());
    restart = () => startPostfix({ folder, certificate, sasl: dovecot.sasl, port: postfix.port });
    waypost = await scene.waypost(
      scene.folder(),
      relaySettings({ upstreams: [{ port: postfix.port, tls: "starttls", ca: certificate.caPath, ...login }] }),
    );
  });

  const programs: readonly SenderName[] = ["swaks", "smtplib", "curl", "msmtp"];
  const cases = programs.flatMap((name) => [[name, "4 KB", 4_000], [name, "30 MB", 30_000_000]] as const);

  test.each(cases)("a message that %s sends arrives octet for octet (%s)", async (name, size, octets) => {
    if (missingPrograms(name === "smtplib" ? "python3" : name).length > 0) return;
    const message = sampleMessage(octets, `sent by ${name}, ${size}`);
    await send(name, message);
    const received = receivedBeforePostfix(await delivered(message), message);
    expect(received).toMatch(/by relay\.test \(Waypost\) with ESMTPSA \(TLSv1\.\d \S+\) id/);
  });

  test("mail that is sent while Postfix is stopped is delivered once it is back", async () => {
    await postfix.stop();
    const message = sampleMessage(4_000, "for later");
    await send("smtplib", message);
    postfix = await restart();
    receivedBeforePostfix(await delivered(message), message);
  });

  /** What Postfix has made of a message, once it has come. */
  async function delivered(message: Buffer): Promise<Buffer> {
    const id = /^Message-ID: .*$/m.exec(message.subarray(0, 1_000).toString("latin1"))?.[0] ?? "";
    const found = await waitFor(() => `the message\n${postfix.log()}`, () => {
      const copies = postfix.delivered().filter((octets) => octets.subarray(0, 2_000).includes(id));
      return copies.length > 0 ? copies : null;
    });
    expect(found).toHaveLength(1);
    return found[0]!;
  }

  async function send(name: SenderName, message: Buffer): Promise<void> {
    const file = path.join(scene.folder(), "message.eml");
    writeFileSync(file, message);
    const { caPath, smtp } = waypost;
    await sendBy(name, { ...alice, port: smtp[0]!.port, caPath, from: alice.login, to: "bob@example.org", file });
  }
});

/** Takes off the Received field of Postfix itself, then checks as usual. */
function receivedBeforePostfix(arrived: Buffer, sent: Buffer): string {
  const text = arrived.subarray(0, 2_000).toString("latin1");
  const own = /^Received: .*\r\n(?:[ \t].*\r\n)*/.exec(text)?.[0] ?? "";
  expect(own).toContain("(Postfix)");
  return receivedBefore(arrived.subarray(own.length), sent);
}
