import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveDashboard, type ServedDashboard } from "../../src/dashboard/serve.ts";
import { createScene, type Scene } from "../support/scene.ts";
import { type ScriptedSource, sourceMessage, startSource } from "../support/scripted-source.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { complaintsOf, launchBrowser, NO_BROWSER, overflowsOf, seriousOf } from "./browser.ts";
import { openTestDashboard, type TestDashboard } from "./dashboard.ts";

const SECRET = "correct horse";
const LOOKS = [390, 1440].flatMap((width) => (["light", "dark"] as const).map((scheme) => ({ width, scheme })));

describe.skipIf(NO_BROWSER !== null)("the wizards in a browser", () => {
  const scene: Scene = createScene(afterAll);
  let desk: TestDashboard;
  let served: ServedDashboard;
  let browser: Browser;
  let base: string;
  let cookie: { name: string; value: string; url: string };
  let upstream: ScriptedUpstream;
  let source: ScriptedSource;

  beforeAll(async () => {
    desk = await openTestDashboard(() => Date.now());
    served = await serveDashboard(desk.app, { address: "127.0.0.1", port: 0 });
    base = `http://127.0.0.1:${served.endpoint.port}`;
    const [name = "", value = ""] = (await desk.signIn()).split("=");
    cookie = { name, value, url: base };
    const entry = { login: "carl@example.net", password: "staple battery" };
    await desk.ports.entries.add({ kind: "account", name: entry.login, value: entry }, "anna");
    const certificate = await scene.certificate();
    upstream = await scene.upstream({ certificate, login: { username: "office", password: SECRET } });
    const sizes = [1_000, 30_000_000, 2_000];
    const mail = sizes.map((size, index) => sourceMessage(`u${index}`, new Uint8Array(size).fill(97)));
    source = await startSource(mail, 0, certificate);
    scene.atEnd(() => source.stop());
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await served?.close();
    await desk?.close();
  });

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context: BrowserContext = await browser.newContext(options);
    await context.addCookies([cookie]);
    const page = await context.newPage();
    await page.goto(base + path);
    return page;
  }

  /** Goes on with Tab to the element, and presses Enter or the text's keys on it: as somebody without a mouse. */
  async function reach(page: Page, selector: string, keys: string | null = null): Promise<void> {
    for (let steps = 0; steps < 120; steps++) {
      await page.keyboard.press("Tab");
      const isThere = await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
      if (!isThere) continue;
      if (keys === null) await page.keyboard.press("Enter");
      else await page.keyboard.type(keys);
      return;
    }
    throw new Error(`no Tab leads to ${selector} on ${page.url()}`);
  }

  test("an upstream is added by keyboard alone, without scripts, its untrusted key pinned on the way", async () => {
    const page = await open("/upstreams", { javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
    await reach(page, 'a[href="/upstreams/new"]');
    await page.waitForURL(/\/upstreams\/new$/);
    await reach(page, 'a[href$="provider=generic"]');
    await page.waitForURL(/provider=generic/);
    await reach(page, "[name=name]", "home");
    await reach(page, "[name=host]", "127.0.0.1");
    await reach(page, "[name=port]", String(upstream.port));
    await reach(page, "[name=username]", "office");
    await reach(page, "[name=password]", SECRET);
    await reach(page, "button[value=test]");
    await page.waitForURL(/\/trials\//);
    expect(await page.textContent(".verdict")).toContain("It does not work");
    expect(await page.textContent("main")).toMatch(/sha256:[0-9a-f]{64}/);
    await reach(page, "form[action$='/pin'] button");
    await page.waitForSelector(".verdict .good");
    expect(await page.textContent(".lines")).toContain("AUTH PLAIN (secret)");
    expect(await page.content()).not.toContain(SECRET);
    await reach(page, "form[action$='/save'] button");
    await page.waitForURL(/\/upstreams\?done=added/);
    expect(await page.textContent(".note")).toContain("The upstream is added");
    expect(desk.ports.directory().upstream("home")?.fingerprint).toMatch(/^sha256:/);
    await page.context().close();
  });

  test("a source is added by keyboard alone, without scripts, in delete mode, its first fetch foreseen", async () => {
    const path = "/accounts/carl%40example.net/sources";
    const page = await open(`${path}/new?provider=generic`, { javaScriptEnabled: false });
    await reach(page, "[name=name]", "post");
    await reach(page, "[name=host]", "127.0.0.1");
    await reach(page, "[name=port]", String(source.port));
    await reach(page, "[name=username]", "carl");
    await reach(page, "[name=password]", SECRET);
    await reach(page, "button[value=test]");
    await page.waitForURL(/\/trials\//);
    await reach(page, "form[action$='/pin'] button");
    await page.waitForSelector(".verdict .good");
    // A group of radio buttons is one stop, within which the arrows choose.
    await reach(page, "[name=mode]", " ");
    await page.keyboard.press("ArrowDown");
    await reach(page, "[name=max_message_size]", "10MB");
    await reach(page, "button[formaction$='/plan']");
    await page.waitForURL(/#first-fetch/);
    expect(await page.textContent("#first-fetch")).toContain("2 messages of these are deleted there 14");
    await reach(page, "form[action$='/save'] .main-button");
    await page.waitForURL(/done=added/);
    expect(desk.ports.directory().account("carl@example.net")?.sources[0]).toMatchObject({
      name: "post",
      mode: "delete",
    });
    await page.context().close();
  });

  test.each(LOOKS)(
    "every step fits and axe finds nothing serious at $width pixels, $scheme",
    async ({ width, scheme }) => {
      const page = await open("/upstreams", { viewport: { width, height: 900 }, colorScheme: scheme });
      const complaints = complaintsOf(page);
      const look = async (what: string) => {
        await page.evaluate(() => {
          for (const part of document.querySelectorAll("details")) part.setAttribute("open", "");
        });
        expect([what, await overflowsOf(page)]).toEqual([what, []]);
        expect([what, await seriousOf(page)]).toEqual([what, []]);
      };
      await look("upstreams");
      await page.goto(`${base}/upstreams/new`);
      await look("providers");
      await page.goto(`${base}/upstreams/new?provider=microsoft365`);
      await look("a form");
      await page.goto(`${base}/upstreams/new?provider=generic`);
      await page.fill("[name=name]", "again");
      await page.fill("[name=host]", "127.0.0.1");
      await page.fill("[name=port]", String(upstream.port));
      await page.fill("[name=username]", "office");
      await page.click("button[value=test]");
      await look("a form with a problem");
      await page.fill("[name=password]", SECRET);
      await page.click("button[value=test]");
      await look("an untrusted certificate");
      await page.click("form[action$='/pin'] button");
      await look("a test that succeeds");
      await page.goto(`${base}/accounts/carl%40example.net/sources`);
      await look("sources");
      await page.goto(`${base}/accounts/carl%40example.net/sources/post/edit`);
      await look("a source");
      await page.goto(`${base}/accounts/carl%40example.net/sources/new?provider=gmail`);
      await look("the form of a source");
      await page.goto(`${base}/accounts/carl%40example.net/sources/new?provider=generic`);
      await page.fill("[name=host]", "127.0.0.1");
      await page.fill("[name=port]", String(source.port));
      await page.fill("[name=username]", "carl");
      await page.fill("[name=password]", SECRET);
      await page.click("button[value=test]");
      await page.click("form[action$='/pin'] button");
      await look("what happens to the mail");
      // The form with a problem comes with 400.
      expect(complaints.filter((complaint) => !complaint.includes("400"))).toEqual([]);
      await page.context().close();
    },
  );
});
