import fs from "node:fs";
import { expect, test } from "vitest";

const FOLDER = new URL("../../web/styles/", import.meta.url);
/** What the health line and its reasons are marked with, beside other classes: web/models.ts names the states. */
const STATES = ["ok", "waiting", "trouble"];

test("no style lays out whatever has the name of a state: the health line would be laid out with it", () => {
  const bare = new RegExp(`(?:^|[,}])\\s*\\.(?:${STATES.join("|")})\\s*[,{]`, "m");
  const found = fs.readdirSync(FOLDER).filter((name) => bare.test(fs.readFileSync(new URL(name, FOLDER), "utf8")));
  expect(found).toEqual([]);
});
