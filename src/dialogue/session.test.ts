import { expect, test } from "vitest";
import { SessionLog, type SessionRecord } from "./session.ts";

function startSession() {
  let now = 1_000;
  const ended: SessionRecord[] = [];
  const log = new SessionLog(
    { id: 1, hop: "smtp-client", peer: { address: "192.0.2.1", port: 25 }, localPort: 0 },
    { opened: () => undefined, ended: (record) => void ended.push(record) },
    { now: () => now },
  );
  return { log, ended, pass: (ms: number) => now += ms };
}

test("the time in which a kept session rests counts in no phase", () => {
  const { log, ended, pass } = startSession();
  pass(5);
  log.enter("transfer");
  log.command("MAIL FROM:<a@example.net>");
  pass(20);
  log.rest();
  pass(10_000);
  log.command("MAIL FROM:<b@example.net>");
  pass(30);
  log.rest();
  pass(10_000);
  log.enter("termination");
  log.command("QUIT");
  pass(1);
  log.end("completed");
  const [record] = ended;
  expect(record!.phases.map(({ phase, durationMs }) => [phase, durationMs])).toEqual([
    ["establishment", 5],
    ["transfer", 50],
    ["termination", 1],
  ]);
  expect(record!.durationMs).toBe(20_056);
});

test("a session never goes back to an earlier phase", () => {
  const { log, ended } = startSession();
  log.enter("transfer");
  log.enter("establishment");
  log.end("dropped", "gone");
  expect(ended[0]!.phases.map(({ phase }) => phase)).toEqual(["establishment", "transfer"]);
  expect(ended[0]!.endedIn).toBe("transfer");
});
