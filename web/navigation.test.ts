import { expect, test } from "vitest";
import { sectionOf, sections } from "./navigation.ts";
import { texts } from "./texts.ts";

test.each([
  ["/", texts.nav.overview],
  ["/traffic", texts.nav.traffic],
  ["/sessions/1Q4W7Z0K8", texts.nav.traffic],
  ["/logins", texts.nav.settings],
])("%s belongs to %s", (path, name) => {
  expect(sectionOf(path, "owner")?.name).toBe(name);
});

test("a page that only begins like another belongs to none", () => {
  expect(sectionOf("/queues", "owner")).toBeNull();
});

test("no page stands in two places", () => {
  const paths = sections("owner").flatMap(({ tabs }) => tabs.map(({ path }) => path));
  expect(new Set(paths).size).toBe(paths.length);
});
