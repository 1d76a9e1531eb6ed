import axe from "axe-core";
import process from "node:process";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveDashboard, type ServedDashboard } from "../../src/dashboard/serve.ts";
import { SessionLog } from "../../src/dialogue/session.ts";
import { complaintsOf, launchBrowser, NO_BROWSER, overflowsOf } from "./browser.ts";
import { openTestDashboard, type TestDashboard } from "./dashboard.ts";
import { fillSetup, ODD_DEVICE, ODD_LOGIN, waiting } from "./setup.ts";

if (NO_BROWSER) console.log(`The browser tests are skipped: ${NO_BROWSER}.`);

/** A folder for pictures of what the tests see; absent: none are taken. */
const PICTURES = process.env["SCREEN"];

describe.skipIf(NO_BROWSER !== null)("the set-up pages in a browser", () => {
  let desk: TestDashboard;
  let served: ServedDashboard;
  let browser: Browser;
  let base: string;
  let signedIn: Exclude<BrowserContextOptions["storageState"], string | undefined>;

  beforeAll(async () => {
    desk = await openTestDashboard(() => Date.now());
    await fillSetup(desk);
    served = await serveDashboard(desk.app, { address: "127.0.0.1", port: 0 });
    base = `http://127.0.0.1:${served.endpoint.port}`;
    browser = await launchBrowser();
    const [name, value] = (await desk.signIn()).split("=") as [string, string];
    signedIn = { cookies: [{ ...cookie, name, value }], origins: [] };
  });

  afterAll(async () => {
    await browser?.close();
    await served?.close();
    await desk?.close();
  });

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ storageState: signedIn, ...options });
    const page = await context.newPage();
    await page.goto(base + path);
    return page;
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
  }

  const pages = (): Record<string, string> => ({
    settings: "/settings",
    accounts: "/accounts",
    "account-add": "/accounts/-/add",
    account: "/accounts/bernd%40example.net",
    "account-odd": `/accounts/${encodeURIComponent(ODD_LOGIN)}`,
    "account-of-file": "/accounts/anna%40example.net",
    devices: "/devices",
    "device-add": "/devices/-/add",
    "device-allow": "/devices/-/add?address=192.168.1.50",
    "device-allow-hostile": "/devices/-/add?address=203.0.113.9",
    device: "/devices/scanner",
    "device-odd": `/devices/${encodeURIComponent(ODD_DEVICE)}`,
    "device-of-file": "/devices/printer",
    routes: "/routes",
    "routes-asked": "/routes?sender=a%40garden.example&recipient=b%40example.com&size=10MB",
    "route-add": "/routes/-/add",
    changes: "/changes",
    "changes-of-devices": "/changes?kind=device",
  });

  test.each(
    [
      [1440, "light"],
      [1440, "dark"],
      [390, "light"],
      [390, "dark"],
    ] as const,
  )("every page fits at %i pixels in %s, without a complaint, open to everybody", async (width, colorScheme) => {
    const page = await open("/settings", { viewport: { width, height: 900 }, colorScheme });
    const complaints = complaintsOf(page);
    for (const [name, path] of Object.entries(pages())) {
      await page.goto(base + path);
      await page.evaluate(() =>
        document.querySelectorAll("main details").forEach((part) => part.setAttribute("open", ""))
      );
      await picture(page, `${name}-${width}-${colorScheme}`);
      expect([path, await overflowsOf(page)]).toEqual([path, []]);
      expect([path, await seriousOf(page)]).toEqual([path, []]);
      expect(await page.title()).not.toBe("broken");
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("a waiting device appears without a reload, and is allowed by keyboard", async () => {
    const page = await open("/devices");
    await page.locator("#waiting-devices li").first().waitFor();
    await desk.store.write("noteRefusedClients", {
      keep: 100,
      rows: [waiting("192.168.1.77", { helo: "door-camera" })],
    });
    const log = new SessionLog(
      { id: desk.known.failed + 4096 * 70_000, hop: "smtp-server", peer: { address: "::1", port: 1 }, localPort: 1 },
      desk.recorder,
      desk.clock,
    );
    log.end("completed");
    const allow = page.getByRole("link", { name: "Allow 192.168.1.77" });
    await allow.waitFor({ timeout: 15_000 });
    await allow.focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/devices\/-\/add/);
    expect(await page.inputValue("[name=name]")).toBe("door-camera");
    expect(await page.inputValue("[name=networks]")).toBe("192.168.1.77");
    await page.focus("[name=from]");
    await page.keyboard.type("home@example.net");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/devices\/door-camera\?done=added/);
    expect(await page.locator("main [role=status]").first().textContent()).toContain("in use");
    expect(desk.ports.directory().device("192.168.1.77")?.from).toBe("home@example.net");
    await page.goto(`${base}/devices`);
    expect(await page.getByRole("link", { name: "Allow 192.168.1.77" }).count()).toBe(0);
    await page.context().close();
  });

  test("without scripts wrong input comes back with its values, and what was expected beside the field", async () => {
    const page = await open("/accounts/-/add", { javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
    await page.fill("[name=login]", "carol");
    await page.fill("[name=addresses]", "carol@example.net\nnot an address at all @");
    await page.focus("[name=login]");
    await page.keyboard.press("Enter");
    await page.locator(".field-error").waitFor();
    await picture(page, "account-wrong-390");
    expect(await page.inputValue("[name=login]")).toBe("carol");
    expect(await page.inputValue("[name=addresses]")).toContain("not an address at all @");
    expect(await page.locator("#addresses-error").textContent()).toContain("expected a mail address");
    await page.fill("[name=addresses]", "carol@example.net");
    await page.focus("[name=login]");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/accounts\/carol\?done=added/);
    await page.click("form:has(.offered) button");
    await page.waitForURL(/\/accounts\/carol\?done=password/);
    expect(desk.ports.directory().account("carol")?.passwordHash).toBeDefined();
    await page.context().close();
  });

  test("who saves second is told what somebody else has changed, and loses nothing", async () => {
    const [one, other] = [await open("/devices/scanner"), await open("/devices/scanner")];
    await one.fill("[name=addresses]", "one@example.net");
    await one.click("main .form .main-button");
    await one.waitForURL(/done=changed/);
    await other.fill("[name=addresses]", "other@example.net");
    await other.click("main .form .main-button");
    await other.locator("main [role=alert]").waitFor();
    await picture(other, "device-conflict");
    expect(await other.locator("main [role=alert]").textContent()).toContain("Somebody else has changed it");
    expect(await other.inputValue("[name=addresses]")).toBe("other@example.net");
    expect(await other.locator(".field-now").textContent()).toContain("one@example.net");
    await other.click("main .form .main-button");
    await other.waitForURL(/done=changed/);
    expect(desk.ports.directory().deviceNamed("scanner")?.addresses).toEqual(["other@example.net"]);
    await one.context().close();
    await other.context().close();
  });

  test("routes are moved by keyboard, and the way of a message follows", async () => {
    const page = await open("/routes");
    await page.getByRole("button", { name: "Move route 3 up" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/done=moved/);
    expect(desk.ports.directory().routes.map(({ sender }) => sender)[1]).toBe("*@garden.example");
    await page.fill("[name=sender]", "a@garden.example");
    await page.fill("[name=recipient]", "b@example.com");
    await page.keyboard.press("Enter");
    await page.locator(".way-answer").waitFor();
    expect(await page.locator(".way-answer").textContent()).toContain("Route 2 decides.");
    await page.context().close();
  });
});

const cookie = {
  domain: "127.0.0.1",
  path: "/",
  expires: -1,
  httpOnly: true,
  secure: false,
  sameSite: "Strict",
} as const;

/** What axe finds that is serious or worse. */
async function seriousOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: { run(): Promise<Violations> } }).axe.run();
    return violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      nodes: nodes.map(({ html }) => html.slice(0, 120)),
    }));
  });
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical").map((one) =>
    `${one.id}: ${one.nodes.slice(0, 2).join(" | ")}`
  );
}

interface Violations {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}
