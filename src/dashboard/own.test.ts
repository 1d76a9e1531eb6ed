import { expect, test } from "vitest";
import { mayReadContent, maySee, narrowedTo, ownView } from "./own.ts";

const person = { role: "person", account: "bernd@example.net", scopes: null } as const;
const token = (
  ...scopes: ("read" | "content")[]
) => ({ role: "owner", account: null, scopes: new Set(scopes) } as const);

test("a person sees the own things, in whatever case, and nothing that belongs to nobody", () => {
  expect(maySee(person, { account: "BERND@example.net" })).toBe(true);
  expect(maySee(person, { account: "anna@example.net" })).toBe(false);
  expect(maySee(person, { account: null })).toBe(false);
  expect(maySee({ ...person, account: null }, { account: null })).toBe(false);
  expect(narrowedTo({ ...person, account: null })).toBe("");
});

test("letters are read by owners, by whose they are, and by tokens that may", () => {
  const letter = { account: "bernd@example.net" };
  expect(mayReadContent({ role: "owner", account: null, scopes: null }, letter)).toBe(true);
  expect(mayReadContent({ role: "viewer", account: null, scopes: null }, letter)).toBe(false);
  expect(mayReadContent(person, letter)).toBe(true);
  expect(mayReadContent(person, { account: "anna@example.net" })).toBe(false);
  expect(mayReadContent(token("read"), letter)).toBe(false);
  expect(mayReadContent(token("content"), letter)).toBe(true);
});

test("a person is not told whose source fills the own mailbox, or who gets mail of the own source", () => {
  const box = { account: "bernd@example.net", filledBy: "anna@example.net", deliversTo: ["anna@example.net"] };
  expect(ownView(person, box)).toEqual({ account: "bernd@example.net", filledBy: "", deliversTo: [] });
  expect(ownView({ role: "viewer", account: null, scopes: null }, box)).toEqual(box);
});
