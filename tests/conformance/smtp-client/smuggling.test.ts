import { Buffer } from "node:buffer";
import * as net from "node:net";
import * as tls from "node:tls";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SessionLog, type SessionRecord } from "../../../src/dialogue/session.ts";
import { ensureCertificates } from "../../../src/net/certificates.ts";
import { closeSession, dropSession, openSession, type SmtpTarget } from "../../../src/smtp/client/session.ts";
import { sendMessage } from "../../../src/smtp/client/transaction.ts";
import { systemClock } from "../../../src/wire/clock.ts";
import { Secret } from "../../../src/wire/secret.ts";
import { octetByOctet } from "../../support/half-closed.ts";
import { falseEnds } from "../../support/line-ends.ts";
import { receivers, startReceiver } from "../../support/receiver.ts";

function open(port: number, changes: Partial<SmtpTarget> = {}) {
  const ended = Promise.withResolvers<SessionRecord>();
  const start = { id: 1, hop: "smtp-client", peer: { address: "127.0.0.1", port }, localPort: 0 } as const;
  const log = new SessionLog(start, { opened: () => undefined, ended: ended.resolve }, systemClock);
  const timeouts = { connectMs: 5_000, commandMs: 5_000, dataMs: 5_000, finalReplyMs: 5_000 };
  const target: SmtpTarget = {
    host: "127.0.0.1",
    port,
    tls: "off",
    verify: true,
    helo: "relay.test",
    timeouts,
    ...changes,
  };
  return { session: openSession(target, log), record: ended.promise };
}

/** Sends octets as a message; gives the code of the reply that decided. */
async function send(port: number, pieces: readonly Uint8Array[]): Promise<number> {
  const session = await open(port).session;
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const recipients = [{ address: "b@example.org" }];
  const result = await sendMessage(session, {
    reversePath: "a@example.net",
    recipients,
    size,
    body: "8bitmime",
    octets: () => pieces,
  });
  if (result.broken) dropSession(session, result.broken);
  else await closeSession(session);
  return result.recipients[0]!.code;
}

const HIDDEN = "MAIL FROM:<evil@example.net>\r\nRCPT TO:<victim@example.org>\r\nDATA\r\nhidden\r\n..\r\n";
const ends = falseEnds(2);

test.each(Object.entries(receivers))(
  `what is sent to a %s server ends where it ends, with any of ${ends.length} false ends in it`,
  async (_, end) => {
    const receiver = await startReceiver(end);
    const wrong: string[] = [];
    for (const falseEnd of [...ends, "\r\n.\r\n"]) {
      const octets = Buffer.from(`first${falseEnd}${HIDDEN}`, "latin1");
      for (const pieces of [[octets], octetByOctet(octets)]) {
        receiver.messages.length = receiver.commands.length = 0;
        const code = await send(receiver.port, pieces);
        const isEvil = receiver.commands.some((command) => /evil|victim|hidden/.test(command));
        const asOne = code === 250 && receiver.messages.length === 1 && receiver.messages[0]!.includes("hidden");
        const refused = code === 554 && receiver.messages.length === 0;
        if (isEvil || !(asOne || refused)) {
          wrong.push(
            `${JSON.stringify(falseEnd)}: ${code}, ${receiver.messages.length} messages, ${receiver.commands}`,
          );
        }
      }
    }
    await receiver.close();
    expect(wrong).toEqual([]);
  },
  60_000,
);

/* Replies injected before the handshake. */

let folder: string;
let certificate: { readonly cert: string; readonly key: string };
let ca: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waypost-injection-"));
  const own = await ensureCertificates(folder, ["127.0.0.1"], Date.now());
  certificate = own;
  ca = readFileSync(own.caPath, "utf8");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A server whose reply to STARTTLS has more behind it; under TLS it offers no AUTH. Gives what was said under TLS. */
async function startInjector(injected: string) {
  const secured: string[] = [];
  const sockets = new Set<net.Socket>();
  const securing = tls.createServer(certificate);
  securing.on("secureConnection", (socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (piece: Buffer) => {
      secured.push(piece.toString("latin1"));
      socket.write(/^QUIT/.test(piece.toString("latin1")) ? "221 bye\r\n" : "250 under.tls\r\n");
    });
  });
  securing.on("tlsClientError", (_error, socket) => socket.destroy());
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.write("220 injector.test\r\n");
    const take = (piece: Buffer) => {
      if (!/^STARTTLS/.test(piece.toString("latin1"))) {
        return void socket.write("250-injector.test\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n");
      }
      socket.off("data", take);
      socket.write(`220 go\r\n${injected}`, () => securing.emit("connection", socket));
    };
    socket.on("data", take);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    secured,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

test.each([
  ["nothing", ""],
  ["an answer to EHLO that offers AUTH", "250-evil.test\r\n250 AUTH PLAIN\r\n"],
  ["half an answer to EHLO", "250-evil.test\r\n250-AUTH PLAIN\r\n250"],
  [
    "answers to everything",
    "250 evil.test AUTH PLAIN\r\n235 welcome\r\n250 fine\r\n250 fine\r\n354 go\r\n250 taken\r\n",
  ],
])("with %s behind the reply to STARTTLS the client believes what comes under TLS alone", async (_, injected) => {
  const injector = await startInjector(injected);
  const login = { username: "office", password: new Secret("upstream secret") };
  const { session, record } = open(injector.port, { tls: "starttls", ca, login });
  // Either TLS breaks on what is no TLS, or what was injected is forgotten: the password is not sent in either case.
  await expect(session).rejects.toThrow(/offers no mechanism that we know|TLS|handshake|protected/);
  expect(injector.secured.join("")).not.toMatch(/AUTH/);
  if (injected === "") expect(injector.secured).toEqual(["EHLO relay.test\r\n"]);
  expect((await record).messages).toBe(0);
  await injector.close();
});
