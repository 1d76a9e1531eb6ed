import { expect, test } from "vitest";
import { ConnectionError } from "../net/errors.ts";
import { isSaidByServer, localFailure, noteReply, reply } from "./reply.ts";

test("what a server has said is noted with its code, what kept us from asking it without", () => {
  const said = noteReply(reply(450, "4.2.0", "busy"));
  expect([said, isSaidByServer(said)]).toEqual(["450 4.2.0 busy", true]);
  const own = noteReply(localFailure(new ConnectionError("nobody there")));
  expect([own, isSaidByServer(own)]).toEqual(["no connection: nobody there", false]);
});

test("a server may say no more than a code", () => {
  expect(isSaidByServer("421")).toBe(true);
  expect(isSaidByServer("4210 messages")).toBe(false);
});
