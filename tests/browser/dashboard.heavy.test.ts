import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveDashboard, type ServedDashboard } from "../../src/dashboard/serve.ts";
import { SessionLog } from "../../src/dialogue/session.ts";
import { phasesOf } from "../../src/dialogue/phases.ts";
import { formatId } from "../../src/store/ids.ts";
import { complaintsOf, launchBrowser, NO_BROWSER, overflowsOf, seriousOf } from "./browser.ts";
import { openTestDashboard, type TestDashboard } from "./dashboard.ts";

if (NO_BROWSER) console.log(`The browser tests are skipped: ${NO_BROWSER}.`);

describe.skipIf(NO_BROWSER !== null)("the dashboard in a browser", () => {
  let desk: TestDashboard;
  let served: ServedDashboard;
  let browser: Browser;
  let base: string;
  /** The cookie of the owner, as browsers keep it. */
  let signedIn: Exclude<BrowserContextOptions["storageState"], string | undefined>;

  beforeAll(async () => {
    desk = await openTestDashboard(() => Date.now());
    served = await serveDashboard(desk.app, { address: "127.0.0.1", port: 0 });
    base = `http://127.0.0.1:${served.endpoint.port}`;
    browser = await launchBrowser();
    signedIn = await setUpByKeyboard();
  });

  afterAll(async () => {
    await browser?.close();
    await served?.close();
    await desk?.close();
  });

  /** From the one-time code to the first page, without a mouse. */
  async function setUpByKeyboard() {
    const context = await browser.newContext();
    const page = await context.newPage();
    const complaints = complaintsOf(page);
    await page.goto(base);
    expect(new URL(page.url()).pathname).toBe("/setup");
    expect(await seriousOf(page)).toEqual([]);
    await page.focus("[name=code]");
    for (const text of [desk.code, "anna", "correct horse", "correct horse"]) {
      await page.keyboard.type(text);
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await page.waitForURL(`${base}/`);
    expect(complaints).toEqual([]);
    const state = await context.storageState();
    await context.close();
    return state;
  }

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ storageState: signedIn, ...options });
    const page = await context.newPage();
    await page.goto(base + path);
    return page;
  }

  const pages = () => [
    "/",
    "/?chart=month",
    "/traffic",
    "/traffic?hop=smtp-client&range=week",
    "/traffic?hop=pop3-server&range=month&peer=192.168.1.7",
    "/traffic?hop=pop3-client&peer=nobody",
    "/sessions",
    "/sessions?outcome=unfinished",
    `/sessions/${formatId(desk.known.completed)}`,
    `/sessions/${formatId(desk.known.failed)}`,
    "/queue",
    `/messages/${formatId(desk.known.waiting)}`,
    `/messages/${formatId(desk.known.cached)}`,
    "/mailboxes",
    `/mailboxes/${formatId(desk.known.mailbox)}`,
    "/logins",
    "/access",
    "/profile",
    "/messages",
    "/messages?q=example&state=waiting&since=2026-01-01",
    "/messages?q=nothinglikethis",
    "/nothing-here",
  ];

  test.each(
    [
      [1440, "light"],
      [1440, "dark"],
      [390, "light"],
      [390, "dark"],
    ] as const,
  )("every page fits at %i pixels in %s, without a complaint, open to everybody", async (width, colorScheme) => {
    const page = await open("/", { viewport: { width, height: 900 }, colorScheme });
    const complaints = complaintsOf(page);
    for (const path of pages()) {
      await page.goto(base + path);
      await page.evaluate(() =>
        document.querySelectorAll("details.numbers").forEach((part) => part.setAttribute("open", ""))
      );
      expect([path, await overflowsOf(page)]).toEqual([path, []]);
      expect([path, await seriousOf(page)]).toEqual([path, []]);
      expect(await page.title()).not.toBe("broken");
    }
    expect(complaints.filter((complaint) => !complaint.includes("404"))).toEqual([]);
    await page.context().close();
  });

  test("what happens is seen without a reload", async () => {
    const page = await open("/");
    await page.waitForFunction(() => document.querySelector("#newest tbody tr") !== null);
    const id = desk.known.failed + 4096 * 60_000;
    const peer = { address: "192.168.1.99", port: 1 };
    const log = new SessionLog({ id, hop: "smtp-server", peer, localPort: 2525 }, desk.recorder, desk.clock);
    for (const phase of phasesOf("smtp-server")) log.enter(phase);
    log.messages = 1;
    log.end("completed");
    await page.locator(`#newest a[href="/sessions/${formatId(id)}"]`).waitFor({ timeout: 10_000 });
    expect((await page.locator("#newest time").allTextContents()).join()).not.toContain("UTC");
    await page.context().close();
  });

  test("times are the viewer's with scripts and UTC without", async () => {
    const path = `/messages/${formatId(desk.known.waiting)}`;
    const zoned = await open(path, { timezoneId: "Asia/Tokyo", locale: "en-GB" });
    const iso = await zoned.locator("time").first().getAttribute("datetime");
    const text = await zoned.locator("time").first().textContent();
    const expected = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Tokyo" });
    expect(text).toContain(expected.format(new Date(iso!)));
    const plain = await open(path, { javaScriptEnabled: false });
    expect(await plain.locator("time").first().textContent()).toContain("UTC");
    await zoned.context().close();
    await plain.context().close();
  });

  test("messages are marked by keyboard and held together, on a telephone and without scripts", async () => {
    const page = await open("/queue", { javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
    await page.focus(`#mark-${formatId(desk.known.waiting)}`);
    await page.keyboard.press("Space");
    if (process.env.SCREEN) await page.screenshot({ path: `${process.env.SCREEN}/queue.png`, fullPage: true });
    await page.focus("#marked button[value=hold]");
    await page.keyboard.press("Enter");
    await page.waitForURL(/acted=hold/);
    expect(await page.textContent(".note")).toContain("held until released");
    await page.check("#marked input[name=all]");
    await page.click("#marked button[value=release]");
    await page.waitForURL(/acted=release/);
    await page.goto(`${base}/messages/${formatId(desk.known.waiting)}`);
    await page.click("details[id^=more] summary");
    if (process.env.SCREEN) await page.screenshot({ path: `${process.env.SCREEN}/message.png`, fullPage: true });
    expect(await page.textContent(".journey")).toContain("By anna: hold");
    expect(await overflowsOf(page)).toEqual([]);
    await page.context().close();
  });

  test("everything reads and works without scripts", async () => {
    const page = await open("/", { javaScriptEnabled: false });
    expect(await page.locator(".headline").textContent()).toContain("Mail is moving");
    expect(await page.locator(".plot svg").count()).toBe(2);
    await page.goto(`${base}/sessions`);
    await page.selectOption("[name=hop]", "pop3-server");
    await page.click(".filters button");
    expect(await page.locator(".list tbody tr").count()).toBe(1);
    await page.goto(`${base}/queue`);
    await page.locator("button", { hasText: "Hold" }).first().click();
    expect(await page.locator(".note").textContent()).toContain("held until released");
    await page.locator("button", { hasText: "Release" }).first().click();
    await page.locator("summary", { hasText: "Remove" }).first().click();
    expect(await page.locator("button.danger").first().isVisible()).toBe(true);
    await page.goto(`${base}/logins`);
    await page.locator("button", { hasText: "Lift" }).first().click();
    expect(await page.locator(".note").textContent()).toContain("It is forgotten");
    await page.context().close();
  });

  test("a failing phase leads to its sessions, and one of them to its transcript, by keyboard and without scripts", async () => {
    const page = await open("/traffic?hop=smtp-client", { javaScriptEnabled: false });
    expect(await page.locator(".lane").count()).toBe(3);
    expect(await page.locator(".course-picture .ended").count()).toBe(1);
    await page.click("#traffic-numbers summary");
    expect(await page.locator("#traffic-numbers tbody tr").count()).toBeGreaterThan(0);
    await page.focus("#ended-establishment");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/sessions\?.*phase=establishment.*from=/);
    expect(await page.locator(".list tbody tr").count()).toBe(1);
    await page.click(".list tbody a.id");
    await page.waitForURL(`${base}/sessions/${formatId(desk.known.failed)}`);
    expect(await page.locator(".cause").textContent()).toContain("cannot connect");
    await page.context().close();
  });

  test("choosing a client narrows the traffic, and it stays with another time", async () => {
    const page = await open("/traffic?hop=pop3-server");
    await page.selectOption("[name=peer]", "192.168.1.7");
    await page.waitForURL(/peer=192\.168\.1\.7/);
    expect(await page.locator("#traffic-figures").textContent()).toContain("counted from the sessions that are kept");
    await page.click(".ranges a:has-text('Week')");
    await page.waitForURL(/range=week&peer=192\.168\.1\.7/);
    expect(await page.locator(".traffic-total").textContent()).toContain("1 session in the last week");
    await page.context().close();
  });

  test("the chart of the overview shows a longer time", async () => {
    const page = await open("/");
    await page.click(".ranges a:has-text('Month')");
    await page.waitForURL(/chart=month/);
    expect(await page.locator("#chart-title").textContent()).toBe("The last month");
    await page.locator("#chart-out canvas").waitFor();
    await page.context().close();
  });

  test("the keyboard finds the content, the search and the message", async () => {
    const page = await open("/");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    await page.keyboard.press("/");
    await page.keyboard.type(`${desk.known.delivered}@laptop.example`);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${base}/messages/${formatId(desk.known.delivered)}`);
    expect(await page.locator(".journey").textContent()).toContain("Taken by provider");
    await page.context().close();
  });

  test("the keyboard alone lifts a ban", async () => {
    const page = await open("/logins");
    await page.focus("nav.tabs li:last-child a");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toContain("192.0.2.66");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${base}/logins?lifted=yes`);
    expect(desk.asked).toContain('lift {"address":"192.0.2.66"}');
    await page.context().close();
  });

  test("signing out closes the door, and signing in leads back to the page that was asked for", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${base}/queue`);
    await page.fill("[name=name]", "anna");
    await page.fill("[name=password]", "correct horse");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${base}/queue`);
    await page.click(".sign-out button");
    await page.waitForURL(`${base}/sign-in`);
    await page.goto(`${base}/queue`);
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    await context.close();
  });
});
