import { expect, test } from "vitest";
import { directoryOf } from "../../tests/support/relay.ts";
import { reply, type SmtpReply } from "../smtp/reply.ts";
import { hear } from "./replies.ts";

const upstream = directoryOf({ upstreams: [{}] }).upstream("first")!;
const taken = reply(250, "2.0.0", "taken");
const mailbox: SmtpReply = { ...reply(450, "4.2.1", "the user is receiving mail too quickly"), toRecipient: true };

test.each<[what: string, SmtpReply[], isTooFast: boolean]>([
  ["421", [reply(421, "4.3.0", "too busy")], true],
  ["4.7.0 in answer to RCPT", [{ ...reply(450, "4.7.0", "rate limit"), toRecipient: true }], true],
  ["450 4.2.1 in answer to MAIL", [reply(450, "4.2.1", "too fast")], true],
  ["450 4.2.1 in answer to the only RCPT", [mailbox], false],
  ["450 4.2.1 to one recipient of three", [mailbox, taken, taken], false],
  ["450 4.2.1 to three recipients of three", [mailbox, mailbox, mailbox], true],
  ["450 4.7.1 to the only RCPT, a policy's", [{ ...reply(450, "4.7.1", "Access denied"), toRecipient: true }], false],
  ["450 4.7.1 to RCPT that speaks of a rate", [
    { ...reply(450, "4.7.1", "Error: too much mail from 192.0.2.1"), toRecipient: true },
  ], true],
  ["a mailbox that does not exist", [{ ...reply(550, "5.1.1", "who?"), toRecipient: true }], false],
])("%s says whether we are too fast", (_, replies, isTooFast) => {
  expect(hear(replies, upstream, 0).isTooFast).toBe(isTooFast);
});

test("three mailboxes one after the other that take nothing for now say that we are too fast, unless one takes mail", () => {
  const after = (...all: SmtpReply[]) =>
    all.reduce((before, one) => hear([one], upstream, before.mailboxes), hear([], upstream, 0));
  expect(after(mailbox, mailbox).isTooFast).toBe(false);
  expect(after(mailbox, mailbox, mailbox).isTooFast).toBe(true);
  expect(after(mailbox, mailbox, taken, mailbox).isTooFast).toBe(false);
});
