import { Buffer } from "node:buffer";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import * as tls from "node:tls";
import { afterEach, expect, test } from "vitest";
import { ClosedError, RawClient } from "../support/raw-smtp.ts";
import { memorySubmissions } from "../support/smtp-session.ts";
import { waitFor } from "../support/wait.ts";
import { type Servers, startServers } from "../../src/app-servers.ts";
import type { SessionRecord } from "../../src/dialogue/session.ts";
import { ensureCertificates } from "../../src/net/certificates.ts";
import { type MemoryMailbox, memoryMailboxes } from "../../src/pop3/server/memory.ts";
import { settingsOf } from "../../src/settings/sample.ts";
import { systemClock } from "../../src/wire/clock.ts";

const isDeno = process.versions.deno !== undefined;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Running {
  readonly servers: Servers;
  /** Sessions that have ended. */
  readonly records: readonly SessionRecord[];
  readonly stopping: AbortController;
  readonly ca: string;
  /** Connects to listener number n. */
  client(n?: number, from?: string): Promise<RawClient>;
  port(n: number): number;
  /** The record of the next session that has ended. */
  record(): Promise<SessionRecord>;
  readonly submissions: ReturnType<typeof memorySubmissions>;
  readonly mailbox: MemoryMailbox;
}

/** The servers of a settings file, which may name `files`. */
async function serving(
  toml: string,
  changes: Parameters<typeof memorySubmissions>[0] = {},
  files: Record<string, string> = {},
): Promise<Running> {
  const dataDir = mkdtempSync(join(tmpdir(), "waypost-servers-"));
  ends.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const records: SessionRecord[] = [];
  const stopping = new AbortController();
  const submissions = memorySubmissions(changes);
  const mailbox = { password: "secret", messages: [{ uidl: "one", octets: Buffer.from("Subject: one\r\n\r\n") }] };
  let id = 0;
  const servers = await startServers({
    settings: () => ({ ...settingsOf(toml, files), dataDir }),
    submissions,
    mailboxes: memoryMailboxes(new Map([["alice", mailbox]])),
    recorder: { opened: () => undefined, ended: (record) => void records.push(record) },
    clock: systemClock,
    nextId: () => ++id,
    tell: () => undefined,
    signal: stopping.signal,
  });
  ends.push(async () => {
    await servers.close();
    servers.dropAll();
    await servers.drained();
  });
  let taken = 0;
  const { caPath } = servers.certificate.current();
  const port = (n: number) => Number(servers.endpoints[n]!.address.split(":").at(-1));
  return {
    servers,
    records,
    stopping,
    submissions,
    mailbox,
    ca: caPath === null ? "" : readFileSync(caPath, "utf8"),
    port,
    async client(n, from) {
      const client = await RawClient.connect({ port: port(n ?? 0), ...(from === undefined ? {} : { from }) });
      ends.push(() => client.destroy());
      return client;
    },
    async record() {
      await waitFor("the session to end", () => records.length > taken);
      return records[taken++]!;
    },
  };
}

/** All that comes until the server closes. */
async function rest(client: RawClient): Promise<string> {
  let output = "";
  try {
    for (;;) output += (await client.readPiece()).toString("latin1");
  } catch (error) {
    if (error instanceof ClosedError) return output;
    throw error;
  }
}

const both = (more: string) => `
[[smtp.listen]]
address = "127.0.0.1:0"
${more}
[[pop3.listen]]
address = "127.0.0.1:0"
${more}
`;

/* Networks. */

test("who is in none of a listener's networks is told so, and recorded", async () => {
  const running = await serving(both('networks = ["127.0.0.1", "192.168.0.0/16"]'));
  const welcome = await running.client();
  expect(await welcome.readLine()).toMatch(/^220 /);
  const stranger = await running.client(0, "127.0.0.9");
  expect(await stranger.readLine()).toBe("554 5.7.1 Clients at 127.0.0.9 may not connect here");
  await stranger.write("EHLO a\r\nQUIT\r\n");
  expect(await rest(stranger)).toMatch(/^503 .*\r\n221 .*\r\n$/);
  expect(await running.record()).toMatchObject({
    hop: "smtp-server",
    outcome: "refused",
    cause: "127.0.0.9 is in none of the listener's networks: 127.0.0.1, 192.168.0.0/16",
  });
  expect(await (await running.client(1)).readLine()).toMatch(/^\+OK/);
  expect(await rest(await running.client(1, "127.0.0.9"))).toBe(
    "-ERR [SYS/PERM] Clients at 127.0.0.9 may not connect here\r\n",
  );
  expect(await running.record()).toMatchObject({ hop: "pop3-server", outcome: "refused" });
});

test("too many connections are told so at once, for now", async () => {
  const running = await serving(`[smtp]\nmax_connections_per_address = 1\n[pop3]\nmax_connections = 1\n${both("")}`);
  await (await running.client()).readLine();
  expect(await rest(await running.client())).toMatch(/^421 4\.7\.0 Too many connections from your address/);
  expect(await running.record()).toMatchObject({ outcome: "refused", cause: expect.stringContaining("1 connections") });
  expect(await (await running.client(0, "127.0.0.9")).readLine()).toMatch(/^220 /);
  await (await running.client(1)).readLine();
  expect(await rest(await running.client(1, "127.0.0.9"))).toMatch(/^-ERR \[SYS\/TEMP\] Too many connections,/);
});

/* PROXY protocol. */

const v1 = "PROXY TCP4 203.0.113.7 198.51.100.1 56324 25\r\n";
const v2 = Buffer.from("0d0a0d0a000d0a515549540a2111000fcb007107c633640100190019ee0000", "hex");
const local = Buffer.from("0d0a0d0a000d0a515549540a20000000", "hex");
const proxied = both('proxy_protocol = ["127.0.0.9"]');

test.each<[string, string | Buffer, string]>([
  ["1", v1, "203.0.113.7"],
  ["2", v2, "203.0.113.7"],
  ["2, LOCAL", local, "127.0.0.9"],
  ["1, UNKNOWN", "PROXY UNKNOWN\r\n", "127.0.0.9"],
])("the client of a PROXY header (version %s) counts as the client", async (_, header, address) => {
  const running = await serving(proxied);
  const client = await running.client(0, "127.0.0.9");
  // With the first commands in one piece: what follows the header is the session's.
  await client.write(Buffer.concat([Buffer.from(header), Buffer.from("EHLO a\r\n")]));
  expect(await client.readLine()).toMatch(/^220 /);
  expect(await client.readLine()).toBe(`250-waypost.lan greets ${address}`);
  await client.write("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n");
  await rest(client);
  expect(running.submissions.taken).toMatchObject([{ peer: { address } }]);
  expect(await running.record()).toMatchObject({ outcome: "completed", peer: { address } });
});

test("limits and networks are those of the proxy's client", async () => {
  const running = await serving(
    `[smtp]\nmax_connections_per_address = 1\n${both('proxy_protocol = ["127.0.0.9"]\nnetworks = ["203.0.113.0/24"]')}`,
  );
  const first = await running.client(0, "127.0.0.9");
  await first.write(v1);
  expect(await first.readLine()).toMatch(/^220 /);
  const second = await running.client(0, "127.0.0.9");
  await second.write(v1);
  expect(await second.readLine()).toMatch(/^421 .* from your address/);
  const third = await running.client(0, "127.0.0.9");
  await third.write(v1.replace("203.0.113.7", "203.0.113.8"));
  expect(await third.readLine()).toMatch(/^220 /);
  const fourth = await running.client(0, "127.0.0.9");
  await fourth.write(v1.replace("203.0.113.7", "198.51.100.8"));
  expect(await fourth.readLine()).toBe("554 5.7.1 Clients at 198.51.100.8 may not connect here");
});

test("a proxy that says nothing right is sent away", async () => {
  const running = await serving(proxied);
  const wrong = await running.client(0, "127.0.0.9");
  await wrong.write("EHLO a\r\n");
  expect(await rest(wrong)).toBe("421 4.7.0 A proxy must say for whom it connects\r\n");
  expect(await running.record()).toMatchObject({
    outcome: "refused",
    cause: expect.stringContaining("does not begin with a PROXY header"),
  });
  const cut = await running.client(1, "127.0.0.9");
  await cut.write(v1.slice(0, 20));
  cut.destroy();
  expect(await running.record()).toMatchObject({
    hop: "pop3-server",
    outcome: expect.stringMatching(/refused|dropped/),
  });
});

test("a PROXY header from anybody else is no header", async () => {
  const running = await serving(proxied);
  for (const [n, header] of [[0, v1], [1, v2], [0, v2]] as const) {
    const client = await running.client(n);
    await client.write(header);
    const said = await rest(client);
    expect(said.toUpperCase()).toMatch(/(421 4\.7\.0|-ERR) YOU MAY NOT SEND A PROXY HEADER\r\n$/);
    expect(await running.record()).toMatchObject({ peer: { address: "127.0.0.1" }, outcome: "refused" });
  }
});

test("TLS may follow the header in the same piece", async () => {
  const running = await serving(`
[[smtp.listen]]
address = "127.0.0.1:0"
tls = "implicit"
proxy_protocol = ["127.0.0.0/8"]
[pop3]
listen = []
`);
  const raw = await running.client();
  await raw.write(v2);
  await raw.secure(running.ca);
  expect(await raw.readLine()).toMatch(/^220 /);
  await raw.write("QUIT\r\n");
  expect(await running.record()).toMatchObject({ peer: { address: "203.0.113.7" }, tls: expect.stringMatching(/TLS/) });
});

/* Other protocols. */

const hello = Buffer.from("16030100310100002d0303", "hex");
const oldHello = Buffer.from("802e0103010015000000100000", "hex");

test.each<[string, Buffer | string, RegExp]>([
  ["TLS", hello, /speaks TLS from the first octet, and this listener begins in the clear/],
  ["TLS, octet by octet", hello, /speaks TLS from the first octet/],
  ["TLS in the hello of SSL 2", oldHello, /speaks TLS from the first octet/],
  ["HTTP", "POST / HTTP/1.1\r\nHost: waypost.lan\r\n\r\nEHLO a\r\nMAIL FROM:<a@b.example>\r\n", /HTTP request/],
  ["HTTP with a long path", `POST /${"x".repeat(20_000)} HTTP/1.1\r\n\r\nEHLO a\r\n`, /HTTP request/],
])("%s on a port that begins in the clear is recognised", async (name, octets, cause) => {
  const running = await serving(both(""));
  for (const n of [0, 1]) {
    const client = await running.client(n);
    if (name.includes("octet by octet")) {
      for (const octet of octets as Buffer) await client.write(Buffer.of(octet));
    } else await client.write(octets);
    const lines = (await rest(client)).split("\r\n");
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(n === 0 ? /^421 4\.7\.0 This/ : /^-ERR this/);
    const record = await running.record();
    expect(record).toMatchObject({ outcome: "refused", cause: expect.stringMatching(cause) });
    expect(record.phases.reduce((sum, phase) => sum + phase.commands, 0)).toBe(0);
  }
});

const implicit = both('tls = "implicit"');

test("a client that begins in the clear on a port with TLS is recognised", async () => {
  const running = await serving(implicit);
  for (const n of [0, 1]) {
    const client = await running.client(n);
    await client.write("EHLO a\r\n");
    expect(await rest(client)).toMatch(/^(421 4\.7\.0 T|-ERR t)his port begins with TLS\r\n$/);
    expect(await running.record()).toMatchObject({
      outcome: "failed",
      cause: expect.stringMatching(/begins in the clear, and this listener begins with TLS/),
    });
  }
});

/* TLS versions. */

/** The version that a client agrees on that knows no newer one than `newest`; or that there is none. */
function agreed(port: number, ca: string, newest: tls.SecureVersion): Promise<string | null> {
  return new Promise((resolve) => {
    const ciphers = "DEFAULT:@SECLEVEL=0";
    const socket = tls.connect({ port, host: "127.0.0.1", ca, minVersion: "TLSv1", maxVersion: newest, ciphers });
    socket.once("secureConnect", () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.once("error", () => resolve(null));
  });
}

test("a listener takes no older TLS version than min_tls says", async () => {
  const version = (oldest: string) =>
    `[[smtp.listen]]\naddress = "127.0.0.1:0"\ntls = "implicit"\nmin_tls = "${oldest}"\n`;
  const running = await serving(
    `${version("1.2")}${version("1.3")}${isDeno ? "" : version("1.0")}[pop3]\nlisten = []\n`,
  );
  const versions = (n: number) =>
    Promise.all(
      (["TLSv1", "TLSv1.2", "TLSv1.3"] as const).map((newest) => agreed(running.port(n), running.ca, newest)),
    );
  // On Deno a client cannot say that it knows nothing newer than 1.2.
  if (isDeno) {
    expect((await versions(0))[2]).toBe("TLSv1.3");
    expect((await versions(1))[2]).toBe("TLSv1.3");
    return;
  }
  expect(await versions(0)).toEqual([null, "TLSv1.2", "TLSv1.3"]);
  expect(await versions(1)).toEqual([null, null, "TLSv1.3"]);
  expect(await versions(2)).toEqual(["TLSv1", "TLSv1.2", "TLSv1.3"]);
});

/* The end. */

test("a server that stops tells idle clients, and lets messages end that are under way", async () => {
  const running = await serving(both(""));
  const idle = await running.client();
  await idle.readLine();
  const busy = await running.client();
  await busy.write("EHLO a\r\nMAIL FROM:<a@b.example>\r\n");
  await waitFor("the sender to be accepted", async () => /^250 2\.1\.0/.test(await busy.readLine()));
  const within = await running.client();
  await within.write("EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: x\r\n");
  await waitFor("the data to begin", async () => /^354/.test(await within.readLine()));
  const reading = await running.client(1);
  await reading.readLine();

  await running.servers.close();
  running.stopping.abort();
  expect(await rest(idle)).toMatch(/^421 4\.3\.2 /);
  expect(await rest(reading)).toMatch(/^-ERR \[SYS\/TEMP\] /);
  await within.write("\r\ntext\r\n.\r\n");
  expect(await rest(within)).toMatch(/^250 2\.0\.0 Queued\r\n421 4\.3\.2 /);
  await busy.write("RCPT TO:<c@d.example>\r\n");
  expect(await busy.readLine()).toMatch(/^250 2\.1\.5/);
  await busy.write("DATA\r\n");
  expect(await busy.readLine()).toMatch(/^354/);
  await busy.write("\r\n.\r\n");
  expect(await rest(busy)).toMatch(/^250 2\.0\.0 Queued\r\n421 4\.3\.2 /);
  await running.servers.drained();
  expect(running.submissions.taken).toHaveLength(2);
  await expect(running.client()).rejects.toThrow();
});

test("a server that stops lets a mail program end that has deleted mail", async () => {
  const running = await serving(both(""));
  const logIn = async () => {
    const client = await running.client(1);
    await client.write("USER alice\r\nPASS secret\r\n");
    await waitFor("the maildrop", async () => /^\+OK maildrop/.test(await client.readLine()));
    return client;
  };
  const deleting = await logIn();
  await deleting.write("DELE 1\r\n");
  expect(await deleting.readLine()).toMatch(/^\+OK/);
  await running.servers.close();
  running.stopping.abort();
  await deleting.write("NOOP\r\nQUIT\r\n");
  expect(await rest(deleting)).toMatch(/^\+OK\r\n\+OK goodbye \(maildrop empty\)\r\n$/);
  expect(running.mailbox.messages).toEqual([]);
});

test("who is still within a message when time is up is told so, and the message given up", async () => {
  const running = await serving(both(""));
  const within = await running.client();
  await within.write("EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: x\r\n");
  await waitFor("the data to begin", async () => /^354/.test(await within.readLine()));
  await running.servers.close();
  running.stopping.abort();
  running.servers.dropAll();
  expect(await rest(within)).toMatch(/^421 4\.3\.2 The server is shutting down\r\n$/);
  await running.servers.drained();
  expect(await running.record()).toMatchObject({ outcome: "shutdown" });
  expect([running.submissions.taken.length, running.submissions.aborted]).toEqual([0, 1]);
});

/* The certificate. */

test("a certificate whose files change is used for the next connection", async () => {
  const folder = mkdtempSync(join(tmpdir(), "waypost-certificate-"));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const [old, fresh] = await Promise.all(
    ["old", "fresh"].map((name) => ensureCertificates(join(folder, name), [name], Date.now())),
  );
  const file = (name: string) => join(folder, name);
  const write = ({ cert, key }: { cert: string; key: string }) => {
    writeFileSync(file("cert.pem"), cert);
    writeFileSync(file("key.pem"), key);
  };
  write(old!);
  const toml = `
[tls]
certificate = "${file("cert.pem")}"
key = "${file("key.pem")}"
check_interval = "1s"
[[smtp.listen]]
address = "127.0.0.1:0"
tls = "implicit"
[pop3]
listen = []
`;
  const running = await serving(toml, {}, { [file("cert.pem")]: old!.cert, [file("key.pem")]: old!.key });
  const seen = () => peerName(running.port(0));
  expect(await seen()).toBe("old");
  write(fresh!);
  await waitFor("the new certificate", async () => await seen() === "fresh");
});

/** The name in the certificate of a server. */
function peerName(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      const { CN } = socket.getPeerCertificate().subject;
      resolve(String(CN));
      socket.destroy();
    });
  });
}
