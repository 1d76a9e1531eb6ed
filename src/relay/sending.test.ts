import { expect, test } from "vitest";
import type { SmtpReply } from "../smtp/reply.ts";
import { tooManyForNow } from "./sending.ts";

const reply = (code: number, enhanced: string | null = null): SmtpReply => ({
  code,
  enhanced,
  lines: ["so"],
  toRecipient: true,
});
const codes = (...replies: SmtpReply[]) => tooManyForNow(replies).map(({ code, enhanced }) => [code, enhanced]);

test("552 behind recipients that were taken is too many of them, and one for now", () => {
  expect(codes(reply(250), reply(552), reply(552, "5.5.3"))).toEqual([[250, null], [452, null], [452, "4.5.3"]]);
});

test("552 is one for good before all that were taken, where none was, and where its status speaks of something else", () => {
  expect(codes(reply(552), reply(250))).toEqual([[552, null], [250, null]]);
  expect(codes(reply(552), reply(552))).toEqual([[552, null], [552, null]]);
  expect(codes(reply(250), reply(552, "5.2.2"))).toEqual([[250, null], [552, "5.2.2"]]);
});
