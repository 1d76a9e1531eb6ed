import { Buffer } from "node:buffer";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveDashboard, type ServedDashboard } from "../../src/dashboard/serve.ts";
import { createIds, formatId, type NextId } from "../../src/store/ids.ts";
import { HOSTILE_HTML, hostileLetter } from "../support/hostile-letters.ts";
import { complaintsOf, launchBrowser, NO_BROWSER, overflowsOf, seriousOf } from "./browser.ts";
import { openTestDashboard, type TestDashboard } from "./dashboard.ts";

if (NO_BROWSER) console.log(`The browser tests of messages are skipped: ${NO_BROWSER}.`);

const NEWSLETTER = [
  `<style>p{color:#224}</style><h1>News of the hill</h1><p>A picture: <img src="cid:dot@x" alt="a dot" width="20"></p>`,
  `<p><a href="https://news.example/read?more">Read more</a></p><img src="https://tracker.example/pixel.gif">`,
].join("\n");

describe.skipIf(NO_BROWSER !== null)("messages in a browser", () => {
  let desk: TestDashboard;
  let served: ServedDashboard;
  let browser: Browser;
  let base: string;
  let cookie: string;
  let nextId: NextId;
  /** Ids of letters. */
  const letters: { hostile: string; news: string; plain: string } = { hostile: "", news: "", plain: "" };

  beforeAll(async () => {
    desk = await openTestDashboard(() => Date.now());
    nextId = createIds({ now: () => Date.now() }, 0);
    cookie = await desk.signIn();
    letters.hostile = await store(hostileLetter(), `<script>alert(1)</script>`);
    letters.news = await store(hostileLetter(NEWSLETTER), "News of the hill");
    letters.plain = await store(
      Buffer.from(
        `From: mum@example.com\r\nSubject: plain\r\n\r\nGr\xfc\xdfe \0 \x1b[31m ${"long ".repeat(400)}\r\n`,
        "latin1",
      ),
      "plain",
    );
    served = await serveDashboard(desk.app, { address: "127.0.0.1", port: 0 });
    base = `http://127.0.0.1:${served.endpoint.port}`;
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await served?.close();
    await desk?.close();
  });

  async function store(octets: Uint8Array, subject: string): Promise<string> {
    const id = nextId();
    await desk.store.write("storeFetched", {
      message: {
        ...{ id, mailboxId: desk.known.mailbox, uidl: `u${id}`, size: octets.length, messageId: `${id}@x` },
        ...{ sender: "mum@example.com", subject, fetchedAt: Date.now() },
      },
      ledger: null,
      octets,
    });
    return formatId(id);
  }

  /** A page, what it complains about, and every request that leaves for somewhere else. */
  async function open(path: string, options: BrowserContextOptions = {}) {
    const context = await browser.newContext(options);
    const [name, value] = cookie.split("=") as [string, string];
    await context.addCookies([{ name, value, url: base, sameSite: "Strict" }]);
    const strays: string[] = [];
    await context.route("**/*", async (route) => {
      const { host, protocol } = new URL(route.request().url());
      if (host === new URL(base).host || protocol === "data:") return await route.continue();
      strays.push(route.request().url());
      await route.abort();
    });
    const page = await context.newPage();
    const complaints = complaintsOf(page);
    await page.goto(base + path);
    return { page, strays, complaints };
  }

  const frameOf = async (page: Page) => {
    const handle = await page.waitForSelector("iframe.letter-frame");
    await handle.scrollIntoViewIfNeeded();
    const frame = await handle.contentFrame();
    await frame!.waitForLoadState();
    return frame!;
  };

  test("a hostile letter runs nothing, loads nothing from elsewhere and reaches nothing", async () => {
    const { page, strays } = await open(`/messages/${letters.hostile}`);
    const frame = await frameOf(page);
    expect(await frame.locator("body").innerText()).toContain("The harmless part.");
    await page.waitForTimeout(500);
    expect(await page.title()).not.toContain("broken");
    expect(strays).toEqual([]);
    // Whatever stands in the letter: the frame has no origin, so no cookie and no dashboard.
    expect(await page.evaluate(() => document.querySelector("iframe")?.contentDocument)).toBeNull();
    expect(await frame.locator("script, iframe, object, embed, form, link, meta[http-equiv]").count()).toBe(0);
    await page.context().close();
  });

  test("the frame holds even what was not made safe", async () => {
    const { page, strays } = await open(`/messages/${letters.news}`);
    await page.route(`**/messages/${letters.news}/html`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `<!doctype html><p>raw</p>${HOSTILE_HTML.slice(0, 33).join("\n")}` });
    });
    await page.reload();
    const frame = await frameOf(page);
    await frame.locator("p", { hasText: "raw" }).waitFor();
    await page.waitForTimeout(700);
    expect(await page.title()).not.toContain("broken");
    expect(strays).toEqual([]);
    await page.context().close();
  });

  test("pictures of the letter are shown, and links open elsewhere without a word about us", async () => {
    const { page } = await open(`/messages/${letters.news}`);
    const frame = await frameOf(page);
    expect(await frame.locator("img[alt='a dot']").evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(
      1,
    );
    expect(await page.textContent(".letter")).toContain("1 picture or other part from elsewhere is not loaded");
    await page.click("#letter-targets summary");
    expect(await page.textContent("#letter-targets dd")).toBe("https://news.example/read?more");
    const opened = page.context().waitForEvent("page");
    const asked = page.context().waitForEvent("request", (request) => request.url().startsWith("https://news.example"));
    await frame.locator("a").click();
    expect((await asked).headers()["referer"]).toBeUndefined();
    expect(await (await opened).evaluate(() => globalThis.opener)).toBeNull();
    await page.context().close();
  });

  test("a letter opened by its own address can run nothing either, and what is attached is saved", async () => {
    const { page, strays } = await open("/mailboxes");
    await page.goto(`${base}/messages/${letters.hostile}/html`);
    await page.waitForTimeout(300);
    expect(await page.title()).not.toContain("broken");
    await page.goto(`${base}/messages/${letters.hostile}/source`);
    expect(await page.evaluate(() => document.contentType)).toBe("text/plain");
    await page.goto(`${base}/messages/${letters.hostile}`);
    const saved = page.waitForEvent("download");
    await page.click(".attached a >> nth=1");
    expect((await saved).suggestedFilename()).toBe("script_.html");
    expect(strays).toEqual([]);
    await page.context().close();
  });

  test.each([[1440, "light"], [1440, "dark"], [390, "light"], [390, "dark"]] as const)(
    "letters and lists fit at %i pixels in %s, open to everybody",
    async (width, colorScheme) => {
      const { page, complaints } = await open("/messages", { viewport: { width, height: 900 }, colorScheme });
      const paths = ["/messages", "/messages?q=mum&state=unread", `/messages/${letters.hostile}`]
        .concat(`/messages/${letters.news}`, `/messages/${letters.news}?form=text`, `/messages/${letters.plain}`)
        .concat(`/messages/${formatId(desk.known.delivered)}`);
      for (const path of paths) {
        await page.goto(base + path);
        await page.evaluate(() =>
          document.querySelectorAll("details").forEach((part) => part.setAttribute("open", ""))
        );
        if (process.env.SCREEN) {
          const name = path.replaceAll(/[^a-z0-9]+/gi, "_");
          await page.screenshot({ path: `${process.env.SCREEN}/${width}-${colorScheme}${name}.png`, fullPage: true });
        }
        expect([path, await overflowsOf(page)]).toEqual([path, []]);
        expect([path, await seriousOf(page)]).toEqual([path, []]);
      }
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  test("the keyboard alone finds a message and reads it, without scripts too", async () => {
    const { page } = await open("/messages", { javaScriptEnabled: false });
    await page.focus("#find-words");
    await page.keyboard.type("subject:hill");
    await page.keyboard.press("Enter");
    await page.waitForURL(/q=subject%3Ahill/);
    expect(await page.locator(".list.mail tbody tr").count()).toBe(1);
    await page.focus(".list.mail tbody a");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${base}/messages/${letters.news}`);
    await page.focus(".letter .ranges a:not([aria-current])");
    await page.keyboard.press("Enter");
    await page.waitForURL(/form=text/);
    expect(await page.textContent(".letter")).toContain("The message has no text.");
    await page.context().close();
  });
});
