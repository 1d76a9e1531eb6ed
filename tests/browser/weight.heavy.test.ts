import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveDashboard, type ServedDashboard } from "../../src/dashboard/serve.ts";
import { launchBrowser, NO_BROWSER } from "./browser.ts";
import { openTestDashboard, type TestDashboard } from "./dashboard.ts";

if (NO_BROWSER) console.log(`The browser tests are skipped: ${NO_BROWSER}.`);

/** All that a browser is sent for the first page when it knows nothing yet, octets, heads of answers included. */
const MOST_OCTETS = 150_000;
/** How many times slower a processor the browser is to act as: a telephone of the cheaper kind, or a Pi. */
const SLOWER = 6;

describe.skipIf(NO_BROWSER !== null)("the first page", () => {
  let desk: TestDashboard;
  let served: ServedDashboard;
  let browser: Browser;

  beforeAll(async () => {
    desk = await openTestDashboard(() => Date.now());
    served = await serveDashboard(desk.app, { address: "127.0.0.1", port: 0 });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await served?.close();
    await desk?.close();
  });

  test("weighs less than 150 KB in all", async () => {
    const url = `http://127.0.0.1:${served.endpoint.port}/`;
    const [name = "", value = ""] = (await desk.signIn()).split("=");
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    await context.addCookies([{ name, value, url }]);
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    const names = new Map<string, string>();
    const octets = new Map<string, number>();
    session.on("Network.requestWillBeSent", ({ requestId, request }) => names.set(requestId, request.url));
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      octets.set(names.get(requestId) ?? requestId, encodedDataLength);
    });
    await page.goto(url);
    await page.waitForFunction(() => document.querySelectorAll(".plot canvas").length === 2);
    const times = await page.evaluate(() => {
      const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
      const [load] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
      return { paint: Math.round(paint), complete: Math.round(load!.loadEventEnd) };
    });
    const parts = [...octets].sort(([, one], [, other]) => other - one);
    const total = parts.reduce((sum, [, length]) => sum + length, 0);
    console.log(
      `${total} octets in ${parts.length} answers; on a processor ${SLOWER} times slower: ` +
        `first paint ${times.paint} ms, complete ${times.complete} ms`,
    );
    console.log(parts.map(([path, length]) => `  ${length} ${new URL(path).pathname}`).join("\n"));
    expect(parts.length).toBeGreaterThan(5);
    expect(total).toBeLessThan(MOST_OCTETS);
    await context.close();
  });
});
