import { afterEach, expect, test } from "vitest";
import { Gate } from "./gate.ts";

const reply = { code: 451, enhanced: "4.4.1", lines: ["no connection: refused"], local: true } as const;
let gate: Gate;

afterEach(() => gate.stop());

test("what an upstream failed with is told until it answers, though it may be tried again before", () => {
  const nothing = () => undefined;
  const clock = { now: () => 1_000 };
  gate = new Gate({ clock, hostname: () => "relay.test", upstream: nothing, back: nothing, probe: nothing });
  const { until } = gate.failed(reply, 1, 1_000);
  expect(gate.closed(until - 1)?.reply).toBe(reply);
  expect(gate.closed(until)).toBeNull();
  expect(gate.trouble(until + 1)?.reply).toBe(reply);
  expect(gate.trouble(until + 1)).toMatchObject({ until: 1_000 + 5_000, isProbed: true });
  gate.answered();
  expect(gate.trouble(until + 1)).toBeNull();
});
