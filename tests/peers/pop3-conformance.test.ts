import * as net from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { Connection } from "../../src/net/connection.ts";
import { secureClient } from "../../src/net/tls.ts";
import { capabilitiesOf, play, type Stage } from "../conformance/pop3-server/play.ts";
import { type ConformanceScript, TWO } from "../conformance/pop3-server/script.ts";
import { scripts } from "../conformance/pop3-server/scripts.ts";
import { startDovecot } from "../support/peers/dovecot.ts";
import { missingPrograms } from "../support/peers/installed.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const password = "secret-of-the-mailbox";

/** Where Dovecot does otherwise than the standard says. Anything else that it fails is a fault of the script. */
const KNOWN_OF_DOVECOT: readonly string[] = [
  // Its sessions hold no lock unless pop3_lock_session is set.
  "RFC 1939 section 4: another session cannot take messages from under a session that is open",
  "RFC 2595 section 4: who said USER in the clear says it again",
];

describe.skipIf(missingPrograms("dovecot").length > 0)("the conformance suite beside Dovecot", () => {
  const scene = createScene(afterAll);

  test("Waypost, as a whole process, plays every script; Dovecot those that it is known to play", async () => {
    const certificate = await scene.certificate();
    const dovecot = await startDovecot({
      folder: scene.folder(),
      certificate,
      password,
      mechanisms: "plain login scram-sha-256",
      plaintext: true,
    });
    scene.atEnd(() => dovecot.stop());
    // Each script has a mailbox of its own: in Dovecot, and in Waypost, which has fetched it from there.
    const users = scripts.map((script, index) => ({ script, user: `user${index}` }));
    for (const { script, user } of users) {
      dovecot.fill(user, (script.messages ?? TWO).map((text) => Buffer.from(text, "latin1")));
    }
    const waypost = await scene.waypost(scene.folder(), settings(users.map(({ user }) => user), dovecot.port));
    const fetched = () => dovecot.log().match(/ retr=/g)?.length ?? 0;
    await waitFor(
      () => `${users.length} mailboxes, of which ${fetched()} are fetched`,
      () => fetched() >= users.length,
      120_000,
    );
    const here = await score(users, waypost.pop3[0]!.port, waypost.ca);
    const there = await score(users, dovecot.port, certificate.ca);
    console.log(table(here, there));
    expect(here.filter(({ differences }) => differences.length > 0)).toEqual([]);
    const counted = there.filter(({ script, differences }) => !script.own && differences.length > 0);
    expect(counted.map(({ script }) => `${script.rfc} section ${script.section}: ${script.rule}`)).toEqual(
      KNOWN_OF_DOVECOT,
    );
  }, 300_000);
});

interface Played {
  readonly script: ConformanceScript;
  readonly differences: readonly string[];
}

async function score(
  users: readonly { readonly script: ConformanceScript; readonly user: string }[],
  port: number,
  ca: string,
): Promise<Played[]> {
  let address = 1;
  const stageOf = (login: string): Stage => ({
    login,
    password,
    connect: () => connectFrom(`127.0.1.${address}`, port),
    secure: (connection) => secureClient(connection, { serverName: "127.0.0.1", ca, timeoutMs: 10_000 }),
  });
  const offered = await capabilitiesOf(stageOf("nobody"));
  const played: Played[] = [];
  for (const { script, user } of users) {
    address++;
    if (script.needs && !offered.has(script.needs)) continue;
    played.push({ script, differences: await play(stageOf(user), script.script) });
  }
  return played;
}

/** Every user of Dovecot is an account, and their mailbox its source. */
function settings(users: readonly string[], port: number): string {
  const accounts = users.map((user) => `
[[account]]
login = "${user}"
password = "${password}"
[account.source]
host = "127.0.0.1"
port = ${port}
tls = "off"
username = "${user}"
password = "${password}"
interval = "1d"`);
  return relaySettings({ accounts: accounts.join("\n") });
}

/** A connection from an address of its own: who guesses passwords in one script is not slowed down in the next. */
async function connectFrom(localAddress: string, port: number): Promise<Connection> {
  const socket = net.connect({ host: "127.0.0.1", port, localAddress });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return new Connection(socket, { address: "127.0.0.1", port }, { address: localAddress, port: 0 });
}

function table(here: readonly Played[], there: readonly Played[]): string {
  const rfcs = [...new Set(scripts.map(({ rfc }) => rfc))];
  const rows = rfcs.map((rfc) => {
    const cell = (played: readonly Played[]) => {
      const counted = played.filter(({ script }) => script.rfc === rfc && !script.own);
      if (counted.length === 0) return "not offered";
      return `${counted.filter(({ differences }) => differences.length === 0).length} of ${counted.length}`;
    };
    return `${rfc.padEnd(12)}${cell(here).padEnd(14)}${cell(there)}`;
  });
  const failed = (name: string, played: readonly Played[]) =>
    played.filter(({ differences }) => differences.length > 0).map(({ script, differences }) =>
      `${name}, ${script.rfc} section ${script.section}${script.own ? " (our choice)" : ""}: ${script.rule}: ${
        differences[0]
      }`
    );
  const head = `${"".padEnd(12)}${"Waypost".padEnd(14)}Dovecot`;
  return [head, ...rows, ...failed("Waypost", here), ...failed("Dovecot", there)].join("\n");
}
