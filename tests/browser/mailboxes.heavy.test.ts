import axe from "axe-core";
import process from "node:process";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveDashboard, type ServedDashboard } from "../../src/dashboard/serve.ts";
import { formatId } from "../../src/store/ids.ts";
import { complaintsOf, launchBrowser, NO_BROWSER, overflowsOf } from "./browser.ts";
import { openTestDashboard, type TestDashboard } from "./dashboard.ts";

if (NO_BROWSER) console.log(`The browser tests are skipped: ${NO_BROWSER}.`);

describe.skipIf(NO_BROWSER !== null)("mailboxes in a browser", () => {
  let desk: TestDashboard;
  let served: ServedDashboard;
  let browser: Browser;
  let base: string;
  let notice: number;
  let cookie: string;

  beforeAll(async () => {
    desk = await openTestDashboard(() => Date.now());
    served = await serveDashboard(desk.app, { address: "127.0.0.1", port: 0 });
    base = `http://127.0.0.1:${served.endpoint.port}`;
    browser = await launchBrowser();
    notice = desk.known.cached + 1;
    cookie = await desk.signIn();
    await fillMailbox();
  });

  afterAll(async () => {
    await browser?.close();
    await served?.close();
    await desk?.close();
  });

  /** A notice whose message waits on its server, and a message that was deleted there. */
  async function fillMailbox(): Promise<void> {
    const { mailbox: mailboxId } = desk.known;
    const now = desk.clock.now();
    await desk.store.write("storeFetched", {
      message: {
        id: notice,
        mailboxId,
        uidl: "notice",
        size: 600,
        messageId: "large@example.com",
        sender: "mum@example.com",
        subject: "The film of our holiday",
        fetchedAt: now,
        noticeOctets: 50_000_000,
      },
      ledger: {
        mailboxId,
        uidl: "s2",
        state: "announced",
        mailboxMessageId: notice,
        size: 50_000_000,
        storedAt: now,
        changedAt: now,
      },
      octets: new Uint8Array(600),
    });
    const keepUntil = now + 30 * 86_400_000;
    await desk.store.write("markLedger", { mailboxId, uidls: ["s1"], state: "delete-sent", now, keepUntil });
  }

  async function signIn(width: number): Promise<Page> {
    const [name = "", value = ""] = cookie.split("=");
    const context = await browser.newContext({ viewport: { width, height: 900 } });
    await context.addCookies([{ name, value, url: base }]);
    return await context.newPage();
  }

  /** With WAYPOST_PICTURES, pictures of what is tested are left in that folder. */
  async function look(page: Page, name: string): Promise<void> {
    expect([name, await overflowsOf(page)]).toEqual([name, []]);
    expect([name, await seriousOf(page)]).toEqual([name, []]);
    const folder = process.env.WAYPOST_PICTURES;
    if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  }

  async function seriousOf(page: Page): Promise<string[]> {
    await page.evaluate(axe.source);
    return await page.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
      return violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id }) => id);
    });
  }

  test.each([1440, 390])("what was left, what was removed and what comes next fits at %i pixels", async (width) => {
    const page = await signIn(width);
    const complaints = complaintsOf(page);
    await page.goto(`${base}/mailboxes/${formatId(desk.known.mailbox)}`);
    await look(page, `mailbox-${width}`);
    await page.goto(`${base}/messages/${formatId(notice)}`);
    await look(page, `notice-${width}`);
    await page.getByRole("button", { name: "Fetch the message" }).click();
    await page.getByText("comes in place of the notice").waitFor();
    await page.goto(`${base}/messages/${formatId(desk.known.cached)}`);
    await look(page, `removed-${width}`);
    await page.getByRole("button", { name: "Send to the account again" }).click();
    await page.getByText("mail programs see it as a new message").waitFor();
    await page.goto(`${base}/mailboxes`);
    await page.getByRole("button", { name: "What would the next fetch do?" }).first().click();
    await page.getByText("Would be deleted there: 201 messages").waitFor();
    await look(page, `plan-${width}`);
    await desk.store.write("deleteMailboxMessages", { ids: [desk.known.cached], now: desk.clock.now() });
    await page.goto(`${base}/mailboxes/${formatId(desk.known.mailbox)}`);
    await look(page, `restorable-${width}`);
    await page.getByRole("button", { name: /^Restore [^a]/ }).click();
    await page.getByText("Restored: 1 message.").waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
