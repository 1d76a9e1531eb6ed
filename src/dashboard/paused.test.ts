import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { formatId } from "../store/ids.ts";

const WHY = "24 of the 24 messages that were on the server are gone from its list";

let desk: TestDashboard;
let cookie: string;

beforeAll(async () => {
  desk = await openTestDashboard();
  cookie = await desk.signIn();
  await desk.store.write("noteFetch", {
    id: desk.known.mailbox,
    lastFetchAt: desk.clock.now(),
    lastOutcome: `paused: ${WHY}`,
    nextFetchAt: null,
    failures: 0,
    failureKind: null,
    pausedBecause: WHY,
  });
});

afterAll(async () => {
  await desk.close();
});

async function page(path: string): Promise<string> {
  return await (await desk.ask(path, { cookie })).text();
}

test.each([["its page", () => `/mailboxes/${formatId(desk.known.mailbox)}`], ["the list", () => "/mailboxes"]])(
  "%s says that a mailbox is paused, why, and offers to fetch again",
  async (_, path) => {
    const html = await page(path());
    const card = /<article[^]*?<\/article>/.exec(html)![0];
    expect(card).toContain(WHY);
    expect(card).toContain("Fetch again");
    expect(card).not.toContain("went well");
    expect(card).not.toContain("Fetch now");
    expect(card).toContain("Known before it was paused");
  },
);

test("the overview says that fetching is paused, why, and what to do", async () => {
  const html = await page("/");
  expect(html).toContain("fetching is paused");
  expect(html).toContain(`Fetching anna@example.net from home is paused: ${WHY}.`);
  expect(html).toContain("choose “Fetch again”");
});

test("“Fetch again” lets this source go on, and no other", async () => {
  const body = new URLSearchParams({ account: "anna@example.net", source: "home", resume: "true" });
  const answer = await desk.ask("/mailboxes/fetch", { cookie, method: "POST", body });
  expect(answer.headers.get("location")).toBe("/mailboxes?fetching=1");
  expect(desk.asked.at(-1)).toBe("fetch anna@example.net home resume");
});
