import { Buffer } from "node:buffer";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { findServer } from "../../src/control/control.ts";
import { commandsIn } from "../commands/support.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();

interface Listed {
  readonly messages: readonly { readonly id: string; readonly kind: string; readonly isRead?: boolean }[];
  readonly notIndexed: number;
}

/** Asks the API of the server at work in a folder. */
async function apiOf(folder: string) {
  const server = (await findServer(path.join(folder, "data")))!;
  const get = (path: string) => server.ask({ method: "GET", path: `/api/v1${path}` });
  return {
    get,
    find: async (q: string) => await get(`/messages?q=${encodeURIComponent(q)}`) as Listed,
  };
}

const letter = (word: string, name: string) =>
  Buffer.from(
    [
      "From: Alice <alice@example.net>",
      "To: Bob <bob@example.org>",
      `Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_${word}?=`,
      'Content-Type: multipart/mixed; boundary="b"',
      "",
      "--b",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: quoted-printable",
      "",
      `The ${word} is under the old oak=20tree.`,
      "--b",
      `Content-Disposition: attachment; filename="${name}"`,
      "Content-Type: application/octet-stream",
      "Content-Transfer-Encoding: base64",
      "",
      Buffer.from(`octets of ${name}`).toString("base64"),
      "--b--",
      "",
    ].join("\r\n"),
  );

test("relayed mail that is kept is found by its text and read, also after a crash", async () => {
  const upstream = await scene.upstream();
  const folder = scene.folder();
  const settings = relaySettings({ upstreams: [{ port: upstream.port }] })
    .replace("[queue.retry]", '[queue]\nkeep_delivered = "1d"\n[queue.retry]');
  const first = await scene.waypost(folder, settings);
  const client = await RawSmtp.logIn(first.smtp[0]!, first.ca, alice.login, alice.password);
  for (const word of ["treasure", "shovel"]) {
    await client.send(alice.login, ["bob@example.org"], letter(word, `${word}.map`));
  }
  await waitFor("both to be delivered", () => upstream.messages.length === 2);
  const api = await apiOf(folder);
  await waitFor("both to be indexed", async () => (await api.find("oak")).notIndexed === 0);
  await first.kill();

  const second = await scene.waypost(folder, settings);
  const { find, get } = await apiOf(folder);
  const found = await find("treasure from:alice is:delivered");
  expect(found.messages).toHaveLength(1);
  expect((await find('"old oak tree"')).messages).toHaveLength(2);
  expect((await find("file:shovel.map")).messages).toHaveLength(1);
  expect((await find("GRÜß")).messages).toHaveLength(2);
  expect((await find('"oak old"')).messages).toHaveLength(0);
  const { id } = found.messages[0]!;
  expect(await get(`/messages/${id}/text`)).toMatchObject({
    state: "here",
    text: "The treasure is under the old oak tree.",
    attachments: [{ name: "treasure.map", octets: 22 }],
  });
  await second.stop();
}, 60_000);

test("what is delivered and not kept is found by its envelope and said to be gone", async () => {
  const upstream = await scene.upstream();
  const folder = scene.folder();
  const waypost = await scene.waypost(folder, relaySettings({ upstreams: [{ port: upstream.port }] }));
  const client = await RawSmtp.logIn(waypost.smtp[0]!, waypost.ca, alice.login, alice.password);
  await client.send(alice.login, ["bob@example.org"], letter("treasure", "x"));
  await waitFor("it to be delivered", () => upstream.messages.length === 1);
  const { find, get } = await apiOf(folder);
  await waitFor("it to be indexed", async () => (await find("treasure to:bob")).notIndexed === 0);
  const { messages } = await find("subject:treasure to:bob@example.org");
  expect(messages).toHaveLength(1);
  expect((await find("oak")).messages).toHaveLength(0);
  expect(await get(`/messages/${messages[0]!.id}/text`)).toMatchObject({ state: "gone", text: null });
  await waypost.stop();
}, 60_000);

test("reading a message of a mailbox in the dashboard leaves it unread for mail programs", async () => {
  const folder = scene.folder();
  const waypost = await scene.waypost(folder, relaySettings({}));
  const place = path.join(folder, "in");
  mkdirSync(place);
  writeFileSync(path.join(place, "1.eml"), letter("treasure", "x"));
  expect(await commandsIn(folder).json(["mailbox", "import", alice.login, place])).toMatchObject({ imported: 1 });
  const { find, get } = await apiOf(folder);
  const [found] = (await find("subject:treasure in:mailboxes")).messages;
  expect(await get(`/messages/${found!.id}/text`)).toMatchObject({ state: "here" });
  expect((await find("treasure is:unread")).messages).toMatchObject([{ isRead: false }]);
  const reader = await RawPop3.logIn(waypost.pop3[0]!, waypost.ca, alice.login, alice.password);
  await reader.retrieve(1);
  await reader.quit();
  await waitFor("it to be read", async () => (await find("treasure is:read")).messages.length === 1);
  await waypost.stop();
}, 60_000);
