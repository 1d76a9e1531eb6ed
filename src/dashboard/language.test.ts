/* A second language is another set of web/texts: no page says anything that does not come from there. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { HOSTILE, openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { formatId } from "../store/ids.ts";
import { settingsTable } from "../settings.ts";
import { documentSettings } from "../settings/document.ts";
import { providers } from "../settings/providers.ts";

/** The catalogue in a language of which every letter is Ж. */
vi.mock("../../web/texts.ts", async (importOriginal) => {
  const { texts } = await importOriginal<typeof import("../../web/texts.ts")>();
  return { texts: { ...foreign(texts) as typeof texts, locale: texts.locale } };
});

function foreign(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(/\p{L}/gu, "Ж");
  if (typeof value === "function") return (...args: unknown[]) => foreign(value(...args));
  if (Array.isArray(value)) return value.map(foreign);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, foreign(field)]));
}

let desk: TestDashboard;
let cookie: string;

beforeAll(async () => {
  desk = await openTestDashboard();
  cookie = await desk.signIn();
});

afterAll(async () => {
  await desk.close();
});

/** The words of a page that people read or hear, without what stands in code and data. */
function wordsOf(html: string): string[] {
  const attributes = [...html.matchAll(/\s(?:title|aria-label|placeholder|alt)="([^"]*)"/g)].map((match) => match[1]!);
  const text = html.replaceAll(/<(script|style|template)[\s\S]*?<\/\1>/g, " ")
    .replaceAll(/<(time|code|pre|option|textarea)[^>]*>[^<]*<\/\1>/g, " ")
    .replaceAll(/<(\w+)[^>]* class="[^"]*\bid\b[^"]*"[^>]*>[^<]*<\/\1>/g, " ")
    .replaceAll(/<[^>]*>/g, "\n");
  const plain = (words: string) => words.replaceAll(/&(amp|lt|gt|quot|#39|nbsp);/g, " ");
  return [...attributes, ...text.split("\n")].map(plain).filter((words) => /[a-z]{3,}/i.test(words));
}
/** What is data: it is shown as it came. */
const DATA = [
  ...[
    HOSTILE,
    "Minutes of the meeting",
    "451 4.3.0 come back later",
    "250 2.0.0 taken",
    "cannot connect to smtp.example.net:587: refused",
  ],
  ...["NOOP", "-ERR [AUTH] no", "provider", "office", "scanner", "printer", "home", "work", "anna", "viewer"],
  ...["waypost.lan", "UTC", "TLS", "SMTP", "POP3", ...providers.map(({ name }) => name)],
];
// What the settings table says of its settings is their documentation, in one language.
const lettersOf = (text: string) => text.replaceAll(/[^a-z]+/gi, " ").trim();
const DOCUMENTATION = lettersOf(documentSettings(settingsTable).replaceAll(/<[^>]*>/g, ""));

/** Words of a page that are neither of the catalogue nor data. */
function strangeWords(html: string): string[] {
  const data = DATA.map((text) => text.replaceAll(/[<>"'&]/g, " ").replaceAll(/\s+/g, " ").trim())
    .sort((a, b) => b.length - a.length);
  return [...new Set(wordsOf(html))].filter((words) => {
    let left = words.replaceAll(/\s+/g, " ").trim();
    for (const text of data) left = left.replaceAll(text, " ");
    left = left.replaceAll(/\S+@\S+|\[+[\w.]+\]+|[\w-]+(\.[\w-]+)+|https?:\S*/g, " ");
    return /[a-z]{2,}/i.test(left) && !DOCUMENTATION.includes(lettersOf(words));
  });
}

const isPage = ({ method, path }: { method: string; path: string }) =>
  method === "GET" && !/^\/(api|assets|metrics)|\/content$|\/source$|\/parts\//.test(path);

test("no page says anything that is not of the catalogue, or data", async () => {
  const values = [...Object.values(desk.known).map(formatId), "anna@example.net", "provider"];
  const paths = new Set(
    desk.app.routes.filter(isPage).flatMap(({ path }) => values.map((value) => path.replaceAll(/:\w+/g, value))),
  );
  let pages = 0;
  for (const path of paths) {
    const response = await desk.ask(path, { cookie });
    if (!response.headers.get("content-type")?.includes("text/html")) continue;
    pages++;
    const html = await response.text();
    expect([path, strangeWords(html)]).toEqual([path, []]);
    expect([path, html.includes('<html lang="ЖЖ">')]).toEqual([path, true]);
  }
  expect(pages).toBeGreaterThan(20);
});

test("times are said to be UTC where no script puts them into the zone of the reader", async () => {
  for (const path of ["/", "/queue", `/messages/${formatId(desk.known.waiting)}`, "/profile"]) {
    const html = await (await desk.ask(path, { cookie })).text();
    const times = [...html.matchAll(/<time [^>]*>([^<]*)<\/time>/g)].map((match) => match[1]!);
    expect([path, times.length > 0]).toEqual([path, true]);
    expect(times.filter((text) => !text.endsWith(" ЖЖЖ"))).toEqual([]);
  }
});
