import { Buffer } from "node:buffer";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../support/peers/installed.ts";
import {
  type Mechanism,
  mechanisms,
  type Protection,
  protections,
  sendBy,
  type SenderName,
  senders,
} from "../support/peers/senders.ts";
import type { Waypost } from "../support/process.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { receivedBefore, sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { waitFor } from "../support/wait.ts";

const names = Object.keys(senders) as SenderName[];
const cases = names.flatMap((name) =>
  protections.flatMap((tls) =>
    mechanisms.filter((auth) => senders[name].knows.includes(auth)).map((auth) => [name, tls, auth] as const)
  )
);

describe("every sending program, through every kind of port, by every mechanism that it knows", () => {
  const scene = createScene(afterAll);
  let upstream: ScriptedUpstream;
  let waypost: Waypost;
  let folder: string;
  let runs = 0;

  beforeAll(async () => {
    upstream = await scene.upstream({ keep: true });
    folder = scene.folder();
    const listeners = protections.map((tls) =>
      `[[smtp.listen]]\naddress = "127.0.0.1:0"\ntls = "${tls}"\nauth_without_tls = true\n`
    );
    waypost = await scene.waypost(
      folder,
      relaySettings({
        upstreams: [{ port: upstream.port }],
        allowWithoutAuth: ["127.0.0.0/8"],
        more: listeners.join("\n"),
      }),
    );
    for (const name of names) {
      const unknown = mechanisms.filter((auth) => !senders[name].knows.includes(auth));
      if (unknown.length > 0) console.log(`${name} cannot log in by ${unknown.join(", ")}`);
    }
  });

  test.each(cases)("%s, TLS %s, login %s: the message arrives octet for octet", async (name, tls, auth) => {
    if (missingPrograms(...senders[name].programs).length > 0) return;
    const own = path.join(folder, String(++runs));
    mkdirSync(own);
    const file = path.join(own, "message.eml");
    const message = sampleMessage(4_000, `sent by ${name}, ${tls}, ${auth}`);
    writeFileSync(file, message);
    const before = upstream.messages.length;
    const sent = await sendBy(name, {
      ...alice,
      tls,
      auth,
      file,
      ...target(tls),
      from: alice.login,
      to: "bob@example.org",
    });
    const arrived = await waitFor("the message", () => upstream.messages[before]);
    const expected = sent && senders[name].datesCopy ? datedAs(sent, arrived.octets) : sent ?? message;
    expect(receivedBefore(arrived.octets, expected)).toContain(
      ` with ${senders[name].saysHelo && auth === "none" ? "SMTP" : protocolOf(tls, auth)} `,
    );
    expect([arrived.from, arrived.to]).toEqual([alice.login, ["bob@example.org"]]);
    expect(upstream.messages).toHaveLength(before + 1);
  });

  /** The first listener is that of the common settings. */
  function target(tls: Protection): { port: number; caPath: string } {
    return { port: waypost.smtp[1 + protections.indexOf(tls)]!.port, caPath: waypost.caPath };
  }
});

/** RFC 3848 section 2. */
function protocolOf(tls: Protection, auth: Mechanism): string {
  return `ESMTP${tls === "off" ? "" : "S"}${auth === "none" ? "" : "A"}`;
}

/** The copy of a message with the date of another one. */
function datedAs(copy: Buffer, other: Buffer): Buffer {
  const date = /^Date: .*$/m;
  const text = copy.toString("latin1").replace(date, date.exec(other.toString("latin1"))?.[0] ?? "");
  return Buffer.from(text, "latin1");
}
