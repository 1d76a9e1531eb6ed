import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createDrafts, type Draft } from "./drafts.ts";

const draft: Draft = {
  kind: "upstream",
  account: null,
  of: null,
  isStored: false,
  seenAt: undefined,
  value: { password: "staple" },
  upstreamTrial: null,
  sourceTrial: null,
};

function open() {
  const clock = { ms: 0, now: () => clock.ms };
  return { clock, drafts: createDrafts(clock, randomBytes) };
}

test("a draft is there for the browser that began it alone", () => {
  const { drafts } = open();
  const id = drafts.put("anna's", draft);
  expect(id).toMatch(/^[\w-]{22}$/);
  expect(drafts.get("anna's", id)).toEqual(draft);
  expect(drafts.get("bernd's", id)).toBeNull();
  drafts.replace("bernd's", id, { ...draft, of: "his" });
  drafts.drop("bernd's", id);
  expect(drafts.get("anna's", id)).toEqual(draft);
});

test("it is forgotten after half an hour, and when it was saved", () => {
  const { clock, drafts } = open();
  const id = drafts.put("anna's", draft);
  clock.ms += 29 * 60_000;
  drafts.replace("anna's", id, draft);
  clock.ms += 29 * 60_000;
  expect(drafts.get("anna's", id)).not.toBeNull();
  clock.ms += 60_001;
  expect(drafts.get("anna's", id)).toBeNull();
  const other = drafts.put("anna's", draft);
  drafts.drop("anna's", other);
  expect(drafts.get("anna's", other)).toBeNull();
});

test("so many are kept and no more, the oldest go", () => {
  const { drafts } = open();
  const ids = Array.from({ length: 60 }, () => drafts.put("anna's", draft));
  expect(ids.filter((id) => drafts.get("anna's", id)).length).toBe(50);
  expect(drafts.get("anna's", ids.at(-1)!)).not.toBeNull();
});
