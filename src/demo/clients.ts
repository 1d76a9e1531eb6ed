import { noRecorder, SessionLog } from "../dialogue/session.ts";
import { capabilities, logIn, openSession as openPop3 } from "../pop3/client/login.ts";
import { listUidls, quit, retrieve } from "../pop3/client/mailbox.ts";
import { closeSession, openSession as openSmtp } from "../smtp/client/session.ts";
import { sendMessage } from "../smtp/client/transaction.ts";
import type { Endpoint } from "../net/connection.ts";
import { systemClock } from "../wire/clock.ts";
import { Secret } from "../wire/secret.ts";
import type { SampleMessage } from "./samples.ts";

/** Everything here is on this machine: what does not answer at once never will. */
const TIMEOUT_MS = 10_000;

function forgottenLog(hop: "smtp-client" | "pop3-client", peer: Endpoint): SessionLog {
  return new SessionLog({ id: 0, hop, peer, localPort: 0 }, noRecorder, systemClock);
}

/** Sends one message as a client of the LAN does. @throws when it is not taken */
export async function sendSample(server: Endpoint, sample: SampleMessage): Promise<void> {
  const session = await openSmtp({
    host: server.address,
    port: server.port,
    tls: "off",
    verify: false,
    helo: sample.helo,
    timeouts: { connectMs: TIMEOUT_MS, commandMs: TIMEOUT_MS, dataMs: TIMEOUT_MS, finalReplyMs: TIMEOUT_MS },
  }, forgottenLog("smtp-client", server));
  await sendMessage(session, {
    reversePath: sample.reversePath,
    recipients: [{ address: sample.recipient }],
    size: sample.octets.length,
    body: "7bit",
    octets: () => [sample.octets],
  });
  await closeSession(session);
}

/** Reads the newest messages of a mailbox and leaves them there, as a mail program does. @throws when it cannot */
export async function readMailbox(server: Endpoint, login: string, password: string, newest: number): Promise<void> {
  const client = await openPop3({
    host: server.address,
    port: server.port,
    tls: "off",
    connectTimeoutMs: TIMEOUT_MS,
    commandTimeoutMs: TIMEOUT_MS,
    dataTimeoutMs: TIMEOUT_MS,
  }, forgottenLog("pop3-client", server));
  await logIn(client, await capabilities(client), login, new Secret(password));
  const messages = await listUidls(client);
  for (const { number } of messages.slice(-newest)) await retrieve(client, number, () => undefined);
  await quit(client);
}
