import { type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveDashboard, type ServedDashboard } from "../../src/dashboard/serve.ts";
import { launchBrowser, NO_BROWSER, overflowsOf } from "./browser.ts";
import { openTestDashboard, type TestDashboard } from "./dashboard.ts";

describe.skipIf(NO_BROWSER !== null)("users and tokens in a browser", () => {
  let desk: TestDashboard;
  let served: ServedDashboard;
  let browser: Browser;
  let base: string;

  beforeAll(async () => {
    desk = await openTestDashboard();
    await desk.signIn();
    served = await serveDashboard(desk.app, { address: "127.0.0.1", port: 0 });
    base = `http://127.0.0.1:${served.endpoint.port}`;
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await served.close();
    await desk.close();
  });

  /** Signs in by keyboard alone. */
  async function signIn(page: Page, name: string, password: string): Promise<void> {
    await page.goto(`${base}/sign-in`);
    await page.locator("[name=name]").focus();
    await page.keyboard.type(name);
    await page.keyboard.press("Tab");
    await page.keyboard.type(password);
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname !== "/sign-in");
  }

  test.each([true, false])(
    "a viewer is made and chooses a password, by keyboard alone (scripts: %s)",
    async (scripts) => {
      const context = { javaScriptEnabled: scripts, viewport: { width: 390, height: 844 } };
      const owner = await browser.newPage(context);
      const name = `vera ${scripts}`;
      await signIn(owner, "anna", "correct horse");
      await owner.goto(`${base}/access`);
      await owner.locator("form[action='/access/users'] [name=name]").focus();
      await owner.keyboard.type(name);
      await owner.keyboard.press("Enter");
      const code = await owner.locator(".secret code").innerText();
      expect(code).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
      expect(await overflowsOf(owner)).toEqual([]);

      const viewer = await browser.newPage(context);
      await viewer.goto(`${base}/welcome`);
      await viewer.locator("[name=name]").focus();
      for (const text of [name, code, "look but leave", "look but leave"]) {
        await viewer.keyboard.type(text);
        await viewer.keyboard.press("Tab");
      }
      await viewer.keyboard.press("Enter");
      await viewer.waitForURL(`${base}/`);
      expect(await viewer.locator("nav a[href='/access']").count()).toBe(0);
      await viewer.goto(`${base}/access`);
      expect(await viewer.locator("main").innerText()).toContain("Only an owner may do that.");
      await viewer.goto(`${base}/profile`);
      expect(await viewer.locator("main").innerText()).toContain("this one");
      await owner.context().close();
      await viewer.context().close();
    },
  );

  test("a person sees only the own mailbox, and no way to what is not the own", async () => {
    await desk.store.write("addUser", {
      ...{ name: "bernd", passwordHash: "", role: "person", account: "bernd@example.net", createdAt: 0 },
      byAccountPassword: true,
    });
    const page = await browser.newPage();
    await signIn(page, "bernd@example.net", "mail of bernd@example.net");
    expect(new URL(page.url()).pathname).toBe("/mailboxes");
    const links = await page.locator("header nav a").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
    for (const closed of ["/traffic", "/queue", "/settings", "/access"]) expect(links).not.toContain(closed);
    const text = await page.locator("body").innerText();
    expect(text).toContain("work");
    expect(text).not.toContain("anna");
    await page.context().close();
  });
});
