import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { texts } from "../../web/texts.ts";
import { SessionLog } from "../dialogue/session.ts";
import { createIds, formatId, type NextId } from "../store/ids.ts";

const MESSAGES = 60;
const SESSIONS = 60;

let desk: TestDashboard;
let cookie: string;
let nextId: NextId;

beforeAll(async () => {
  desk = await openTestDashboard();
  cookie = await desk.signIn();
  nextId = createIds(desk.clock, 0);
  for (let count = 0; count < SESSIONS; count++) {
    openSession().end("completed");
    if (count === SESSIONS - 10) await desk.recorder.flush();
  }
  for (let count = 0; count < MESSAGES; count++) await (count % 2 === 0 ? queueMessage() : cacheMessage());
});

afterAll(async () => {
  await desk.close();
});

function openSession(): SessionLog {
  const peer = { address: "127.0.0.1", port: 1 };
  return new SessionLog({ id: nextId(), hop: "pop3-server", peer, localPort: 110 }, desk.recorder, desk.clock);
}

async function queueMessage(): Promise<void> {
  const id = nextId();
  const at = desk.clock.now();
  await desk.store.write("acceptMessage", {
    message: {
      id,
      origin: "relay",
      sender: "anna@example.net",
      size: 1,
      body: "7bit",
      messageId: `${id}@x`,
      subject: "newsletter",
      receivedAt: at,
      sessionId: null,
      account: null,
      clientAddress: "",
      doneAt: null,
    },
    recipients: [],
    octets: new Uint8Array(1),
  });
}

async function cacheMessage(): Promise<void> {
  const id = nextId();
  const at = desk.clock.now();
  const mailboxId = desk.known.mailbox;
  await desk.store.write("storeFetched", {
    message: {
      id,
      mailboxId,
      uidl: `u${id}`,
      size: 1,
      messageId: `${id}@x`,
      sender: "mum@example.com",
      subject: "newsletter",
      fetchedAt: at,
      sessionId: null,
      deletedAt: null,
      readBySessionId: null,
    },
    ledger: {
      mailboxId,
      uidl: `s${id}`,
      state: "stored",
      mailboxMessageId: id,
      size: 1,
      storedAt: at,
      changedAt: at,
    },
    octets: new Uint8Array(1),
  });
}

/** Follows the link to older ones from page to page; gives the ids that each shows. */
async function pagesOf(first: string, rows: RegExp, more: string): Promise<string[][]> {
  const pages: string[][] = [];
  for (let path: string | undefined = first; path !== undefined;) {
    const html: string = await (await desk.ask(path, { cookie })).text();
    pages.push([...html.matchAll(rows)].map((match) => match[1]!));
    path = [...html.matchAll(/<a href="([^"]*)">([^<]*)<\/a>/g)].find((match) => match[2] === more)?.[1]
      ?.replaceAll("&amp;", "&");
  }
  return pages;
}

test("the list of sessions comes in pages of 25 at most, joined by links, each session once", async () => {
  const pages = await pagesOf("/sessions", /id="row-([0-9A-Z]+)"/g, "Older sessions");
  expect(pages.map((rows) => rows.length)).toEqual([25, 25, SESSIONS + 4 - 50]);
  expect(new Set(pages.flat()).size).toBe(SESSIONS + 4);
});

test("a page with open sessions is no longer, and leaves none of the others out", async () => {
  const open = [openSession(), openSession(), openSession()];
  const pages = await pagesOf("/sessions", /id="row-([0-9A-Z]+)"/g, "Older sessions");
  expect(pages[0]).toHaveLength(25);
  expect(new Set(pages.flat()).size).toBe(SESSIONS + 4 + 3);
  const opened = Array.from({ length: 30 }, openSession);
  const many = await pagesOf("/sessions?outcome=open", /id="row-([0-9A-Z]+)"/g, "Older sessions");
  expect(many.map((rows) => rows.length)).toEqual([25, 8]);
  const mixed = await pagesOf("/sessions", /id="row-([0-9A-Z]+)"/g, "Older sessions");
  expect(mixed.map((rows) => rows.length)).toEqual([25, 25, 25, SESSIONS + 4 - 50]);
  for (const session of [...open, ...opened]) session.end("completed");
});

test("what a search finds comes in pages of 25 at most, joined by links, each message once", async () => {
  const pages = await pagesOf("/messages?q=newsletter", /href="\/messages\/([0-9A-Z]+)"/g, "Older messages");
  expect(pages.map((rows) => rows.length)).toEqual([25, 25, MESSAGES - 50]);
  expect(new Set(pages.flat()).size).toBe(MESSAGES);
});

test("the form that sends by another upstream shows by which it goes now", async () => {
  const id = formatId(desk.known.waiting);
  const chosen = async () =>
    /<option value="provider" selected/.test(await (await desk.ask(`/messages/${id}`, { cookie })).text());
  expect(await chosen()).toBe(false);
  const body = new URLSearchParams({ from: "message", by: "provider" });
  expect((await desk.ask(`/queue/${id}/send-by`, { method: "POST", cookie, body })).status).toBe(303);
  expect(await chosen()).toBe(true);
  const api = await (await desk.ask(`/api/v1/messages/${id}`, { cookie })).json() as {
    recipients: { sendBy: string }[];
  };
  expect(api.recipients.map(({ sendBy }) => sendBy)).toEqual(["provider", "provider"]);
});

test("what is done to a held message is said as it is: it goes once it is released", async () => {
  const id = formatId(desk.known.waiting);
  const post = async (path: string, fields: Record<string, string>) => {
    const answer = await desk.ask(path, { method: "POST", cookie, body: new URLSearchParams(fields) });
    return await (await desk.ask(answer.headers.get("location")!, { cookie })).text();
  };
  await post(`/queue/${id}/hold`, { from: "message" });
  const byAnother = texts.queue.acted["send-by-held"];
  expect(await post(`/queue/${id}/send-by`, { from: "message", by: "provider" })).toContain(byAnother);
  const many = await (await desk.ask("/queue?acted=send-by&messages=3&held=2", { cookie })).text();
  expect(many).toContain(`${texts.queue.done(3)} ${texts.queue.stillHeld(2)}`);
  const turns = await (await desk.ask("/queue?acted=retry&messages=3&turns=2", { cookie })).text();
  expect(turns).toContain(`${texts.queue.done(3)} ${texts.queue.inTurn(2)}`);
  const body = JSON.stringify({ action: "send-by", by: "provider", ids: [id] });
  const headers = { "content-type": "application/json" };
  const answer = await desk.ask("/api/v1/queue/actions", { method: "POST", cookie, headers, body });
  expect(await answer.json()).toEqual({ results: [{ id, changed: 2, held: 2 }] });
  await post(`/queue/${id}/release`, {});
});
