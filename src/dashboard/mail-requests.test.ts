import { afterAll, beforeAll, expect, test } from "vitest";
import { texts } from "../../web/texts.ts";
import { openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { formatId } from "../store/ids.ts";

let desk: TestDashboard;
let cookie: string;
let notice: string;

beforeAll(async () => {
  desk = await openTestDashboard();
  cookie = await desk.signIn();
  notice = formatId(await announce());
});

afterAll(async () => {
  await desk.close();
});

async function announce(): Promise<number> {
  const id = desk.known.cached + 1;
  const { mailbox: mailboxId } = desk.known;
  const now = desk.clock.now();
  const times = { storedAt: now, changedAt: now };
  await desk.store.write("storeFetched", {
    message: {
      id,
      mailboxId,
      uidl: "notice",
      size: 600,
      messageId: "large@example.com",
      sender: "mum@example.com",
      subject: "holiday film",
      fetchedAt: now,
      noticeOctets: 50_000_000,
    },
    ledger: { mailboxId, uidl: "s2", state: "announced", mailboxMessageId: id, size: 50_000_000, ...times },
    octets: new Uint8Array(600),
  });
  return id;
}

async function page(path: string): Promise<string> {
  return await (await desk.ask(path, { cookie })).text();
}

const post = (path: string, body?: Record<string, string>) =>
  desk.ask(path, { method: "POST", cookie, ...(body ? { body: new URLSearchParams(body) } : {}) });

test("the mailbox says what is a notice, what the day's limit leaves, and offers the plan", async () => {
  const shown = await page(`/mailboxes/${formatId(desk.known.mailbox)}`);
  expect(shown).toContain("notice of 50\u00a0MB left there");
  expect(shown).toMatch(/Left for 24 hours<\/dt>\s*<dd>998\u00a0kB of 1\.0\u00a0MB/);
  expect(shown).toContain("What would the next fetch do?");
});

test("a notice has a button that fetches its message", async () => {
  expect(await page(`/messages/${notice}`)).toContain(`action="/messages/${notice}/fetch"`);
  const answer = await post(`/messages/${notice}/fetch`);
  expect([answer.status, answer.headers.get("location")]).toEqual([303, `/messages/${notice}?acted=fetched`]);
  expect(desk.asked).toContain(`fetch message ${notice}`);
  expect(await page(`/messages/${notice}?acted=fetched`)).toContain("comes in place of the notice");
});

test("a message is sent to its account again under another UIDL, unread and not deleted", async () => {
  const id = desk.known.cached;
  await desk.store.write("deleteMailboxMessages", { ids: [id], now: 5 });
  expect((await post(`/messages/${formatId(id)}/resend`)).headers.get("location")).toMatch(/acted=resent$/);
  const [row] = await desk.store.read("mailboxMessagesByMessageId", { messageId: "fetched@example.com" });
  expect(row?.message).toMatchObject({ uidl: "sent-again", deletedAt: null, readBySessionId: null });
  expect((await post(`/messages/${notice}/resend`)).headers.get("location")).toMatch(/acted=none$/);
});

test("a message that a client deleted is restored from its page, which says so", async () => {
  const id = desk.known.cached;
  await desk.store.write("deleteMailboxMessages", { ids: [id], now: 5 });
  const location = (await post(`/messages/${formatId(id)}/restore`)).headers.get("location")!;
  expect(location).toMatch(/acted=restored$/);
  expect(await page(location)).toContain("It is restored: mail programs see it again");
});

test("whatever was done to a message, its page says it", async () => {
  for (const [acted, words] of Object.entries(texts.queue.acted)) {
    expect(await page(`/messages/${notice}?acted=${acted}`)).toContain(words.replaceAll("'", "&#39;"));
  }
});

test("a message is downloaded octet for octet, as a file", async () => {
  for (const prefix of ["", "/api/v1"]) {
    const answer = await desk.ask(`${prefix}/messages/${formatId(desk.known.cached)}/content`, { cookie });
    expect(answer.headers.get("content-type")).toBe("message/rfc822");
    expect(answer.headers.get("content-disposition")).toContain(
      `attachment; filename="${formatId(desk.known.cached)}.eml"`,
    );
    expect((await answer.arrayBuffer()).byteLength).toBe(2_000);
  }
  expect((await desk.ask("/messages/1Q4W7Z0K8/content", { cookie })).status).toBe(404);
  expect((await desk.ask(`/messages/${formatId(desk.known.cached)}/content`)).status).not.toBe(200);
});

test("the plan says what would be fetched and deleted, whatever the names hold", async () => {
  const shown = await (await post("/mailboxes/plan", { account: "anna@example.net", source: "home" })).text();
  expect(desk.asked).toContain("plan anna@example.net home");
  expect(shown).toContain("Would be fetched: 1 message");
  expect(shown).toContain("Would be deleted there: 201 messages");
  expect(shown).toContain("and 200 more");
  expect(shown).toContain("7 messages would wait");
  expect(shown).not.toContain("<script>document");
  expect((await post("/mailboxes/plan", { account: "nobody" })).status).toBe(404);
});

test("the API has the same", async () => {
  const api = async (path: string, init: RequestInit = {}) => {
    const answer = await desk.ask(`/api/v1${path}`, { ...init, cookie });
    return { status: answer.status, body: await answer.json() as Record<string, unknown> };
  };
  const asked = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  expect(await api("/fetch/plan", asked)).toMatchObject({ status: 200, body: { plans: [{ postponed: 7 }] } });
  expect(await api(`/messages/${notice}/fetch`, { method: "POST" })).toMatchObject({ body: { fetched: true } });
  expect(await api(`/messages/${notice}/resend`, { method: "POST" })).toMatchObject({ status: 404 });
  const box = `/mailboxes/${formatId(desk.known.mailbox)}`;
  expect((await api(`${box}/removed`)).body).toEqual({ messages: [] });
  const { mailboxId, uidls } = { mailboxId: desk.known.mailbox, uidls: ["s1"] };
  const keepUntil = desk.clock.now() + 1_000;
  await desk.store.write("markLedger", { mailboxId, uidls, state: "delete-sent", now: 1, keepUntil });
  expect((await api(`${box}/removed`)).body).toMatchObject({
    messages: [{ id: formatId(desk.known.cached), keepUntilAt: new Date(keepUntil).toISOString() }],
  });
  expect(await page(`/messages/${formatId(desk.known.cached)}`)).toContain("it can be had back here at least until");
  expect(await page(box)).toContain("Deleted on the server</h2>");
});

test("what mail programs deleted is listed with its time, and restored one by one or all at once", async () => {
  const { cached, mailbox } = desk.known;
  const id = formatId(cached);
  const box = `/mailboxes/${formatId(mailbox)}`;
  const now = desk.clock.now();
  await desk.store.write("deleteMailboxMessages", { ids: [cached], now });
  const deleted = async () => (await (await desk.ask(`/api/v1${box}/deleted`, { cookie })).json()).messages;
  const until = new Date(now + 30 * 86_400_000).toISOString();
  expect(await deleted()).toMatchObject([{ id, isForAll: true, restorableUntilAt: until }]);
  expect(await page(box)).toContain("Deleted by mail programs</h2>");
  expect(await page(`/messages/${id}`)).toContain(`action="/messages/${id}/restore"`);

  expect((await post(`${box}/restore`, { message: id })).headers.get("location")).toBe(`${box}?restored=1`);
  expect(await page(`${box}?restored=1`)).toContain("Restored: 1 message.");
  expect(await deleted()).toEqual([]);
  expect(await page(box)).not.toContain("Deleted by mail programs");
  expect((await post(`${box}/restore`)).headers.get("location")).toBe(`${box}?restored=0`);

  // For one program alone: it is served to the others all the time.
  await desk.store.write("hideMailboxMessages", { ids: [cached], client: "/phone", now });
  expect(await deleted()).toMatchObject([{ id, isForAll: false, restorableUntilAt: null }]);
  expect((await post(`${box}/restore`)).headers.get("location")).toBe(`${box}?restored=1`);
  expect((await post(`/messages/${id}/restore`)).headers.get("location")).toMatch(/acted=none$/);
  expect((await post("/mailboxes/1Q4W7Z0K8/restore")).status).toBe(404);
});

test("by the API one message or all of a mailbox are restored; one that is not deleted is no missing one", async () => {
  const api = async (path: string, body: object = {}) => {
    const headers = { "content-type": "application/json" };
    const answer = await desk.ask(`/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body), cookie });
    return { status: answer.status, body: await answer.json() as Record<string, unknown> };
  };
  const { cached, mailbox } = desk.known;
  const one = formatId(cached);
  const box = `/mailboxes/${formatId(mailbox)}/restore`;
  await desk.store.write("restoreMailboxMessages", { ids: [cached] });
  const notDeleted = { status: 409, body: { error: { code: "NOT_DELETED", message: texts.message.notDeleted } } };
  expect(await api(`/messages/${one}/restore`)).toEqual(notDeleted);
  expect(await api("/messages/1Q4W7Z0K8/restore")).toMatchObject({ status: 404 });
  expect(await api(box)).toEqual({ status: 200, body: { restored: 0 } });
  await desk.store.write("deleteMailboxMessages", { ids: [cached], now: 5 });
  await desk.store.write("hideMailboxMessages", { ids: [cached + 1], client: "phone", now: 6 });
  expect(await api(box, { message: one })).toEqual({ status: 200, body: { restored: 1 } });
  expect(await api(box)).toEqual({ status: 200, body: { restored: 1 } });
  expect(await api("/mailboxes/1Q4W7Z0K8/restore")).toMatchObject({ status: 404 });
  const changes = await desk.store.read("auditLog", { kind: "mailbox", limit: 10 });
  expect(changes[0]).toMatchObject({ action: "restored", name: "anna@example.net, home", actor: "anna" });
});

test("a mailbox that no source fills any more says so, and an owner deletes its mail; one with a source keeps it", async () => {
  const mailboxId = 4_242;
  const now = desk.clock.now();
  await desk.store.write("ensureMailbox", { id: mailboxId, account: "anna@example.net", source: "old" });
  await desk.store.write("storeFetched", {
    message: { id: 4_243, mailboxId, uidl: "o1", size: 2, messageId: "", sender: "", subject: "", fetchedAt: now },
    ledger: { mailboxId, uidl: "s1", state: "stored", mailboxMessageId: 4_243, size: 2, storedAt: now, changedAt: now },
    octets: new Uint8Array(2),
  });
  const box = `/mailboxes/${formatId(mailboxId)}`;
  expect(await page("/mailboxes")).toContain(`>${texts.mailboxes.noSource}<`);
  expect(await page(box)).toContain(`action="${box}/empty"`);
  const filled = `/mailboxes/${formatId(desk.known.mailbox)}`;
  expect(await page(filled)).not.toContain("/empty");
  expect((await post(`${filled}/empty`)).status).toBe(409);
  expect((await post(`${box}/empty`)).headers.get("location")).toBe(`${box}?removed=1`);
  expect(await page(`${box}?removed=1`)).toContain(texts.mailboxes.emptied(1));
  expect(await page(box)).not.toContain(`${box}/empty`);
  const again = await desk.ask(`/api/v1${box}/empty`, { method: "POST", cookie });
  expect(await again.json()).toEqual({ removed: 0 });
  const [change] = await desk.store.read("auditLog", { kind: "mailbox", limit: 1 });
  expect(change).toMatchObject({ action: "emptied", name: "anna@example.net, old", actor: "anna" });
});
