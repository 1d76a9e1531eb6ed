/** A browser for tests: Debian's Chromium, driven by playwright-core. */
import { existsSync } from "node:fs";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

/** Why there is no browser to test with, or null. */
export const NO_BROWSER: string | null = existsSync(CHROMIUM) ? null : `${CHROMIUM} is not installed`;

/** Starts it. */
export async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Gathers what a page complains about: errors of its console, of its scripts, and requests that failed. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  return complaints;
}

/** Elements that reach beyond the right edge of the page, other than within an area that scrolls by itself. */
export async function overflowsOf(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    const found = scrollWidth > clientWidth ? [`the page: ${scrollWidth} of ${clientWidth}`] : [];
    for (const element of document.querySelectorAll("body *")) {
      const { width, right } = element.getBoundingClientRect();
      if (width === 0 || right <= clientWidth + 1 || element.closest(".scroll, .tabs, .unseen")) continue;
      found.push(`${element.tagName}.${element.getAttribute("class") ?? ""}`);
    }
    return found.slice(0, 5);
  });
}

/** What axe-core finds that is serious or worse. */
export async function seriousOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe: within } = globalThis as unknown as { axe: typeof axe };
    return (await within.run()).violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      where: nodes[0]?.html ?? "",
    }));
  });
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, where }) => `${id}: ${where.slice(0, 160)}`);
}
