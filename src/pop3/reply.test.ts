import { expect, test } from "vitest";
import { ConnectionError, DeadlineError } from "../net/errors.ts";
import { breach, formatReply, negative, parseReply, Pop3Error, positive, replyOf } from "./reply.ts";

test("replies are formatted and read back", () => {
  const lines = ["+OK", "+OK 2 320", "-ERR", "-ERR [IN-USE] busy", "-ERR [SYS/TEMP] later", "+ ", "+ UGFzcw=="];
  for (const line of lines) expect(formatReply(parseReply(line)!)).toBe(`${line}\r\n`);
});

test("a status is read in any case, and response codes are upper case", () => {
  expect(parseReply("-err [in-use] Busy")).toMatchObject({ ok: false, code: "IN-USE", text: "Busy" });
  expect(parseReply("+ok\thello")).toMatchObject({ ok: true, text: "hello" });
});

test("brackets that are no response code stay text", () => {
  for (const text of ["[two words] x", "[] x", "<1896.697170952@dbc.mtview.ca.us>"]) {
    expect(parseReply(`+OK ${text}`)).toMatchObject({ code: undefined, text });
  }
});

test("what is no reply is told apart", () => {
  for (const line of ["", "OK", "+OKAY", "-ERROR", " +OK", "220 smtp ready", "+x"]) expect(parseReply(line)).toBeNull();
});

test("an error carries its step and the server's words, and its cause never leaves with the reply", () => {
  const error = new Pop3Error("RETR 3", negative("no such message", "SYS/PERM"));
  expect([error.message, error.step, error.reply.code]).toEqual([
    "RETR 3: -ERR [SYS/PERM] no such message",
    "RETR 3",
    "SYS/PERM",
  ]);
  expect(breach("UIDL", "it sent nonsense").message).toBe("UIDL: it sent nonsense");
  expect(formatReply(negative("sorry", "SYS/TEMP", "disk full"))).toBe("-ERR [SYS/TEMP] sorry\r\n");
  expect(formatReply(positive(""))).toBe("+OK\r\n");
});

test("local failures become replies", () => {
  expect(replyOf(new DeadlineError("timed out while waiting for the reply to RETR"))).toMatchObject({
    ok: false,
    code: "SYS/TEMP",
    cause: "timed out while waiting for the reply to RETR",
  });
  expect(replyOf(new ConnectionError("refused")).code).toBe("SYS/TEMP");
  expect(replyOf(new Pop3Error("PASS", negative("no", "AUTH"))).code).toBe("AUTH");
});
