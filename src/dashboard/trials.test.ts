import { expect, test } from "vitest";
import type { UpstreamTrial } from "../relay/trial.ts";
import type { Upstream } from "../settings.ts";
import { createTrials } from "./trials.ts";

const upstream = { name: "home" } as Upstream;

function open() {
  const clock = { ms: 0, now: () => clock.ms };
  const waiting: ((trial: UpstreamTrial) => void)[] = [];
  const never = () => Promise.reject(new Error("not asked"));
  const tryUpstream = () => new Promise<UpstreamTrial>((resolve) => waiting.push(resolve));
  const end = () => waiting.shift()?.({ ok: true } as UpstreamTrial);
  return { clock, end, trials: createTrials({ clock, tryUpstream, trySource: never, sendTest: never }) };
}

test("a user has one test at a time", async () => {
  const { trials, end } = open();
  const first = trials.upstream("anna", upstream);
  await expect(trials.upstream("anna", upstream)).rejects.toMatchObject({ status: 429, code: "TEST_UNDER_WAY" });
  const other = trials.upstream("bernd", upstream);
  end();
  end();
  await Promise.all([first, other]);
  const next = trials.upstream("anna", upstream);
  end();
  await next;
});

test("thirty in ten minutes are enough for any setting, and too few for a scan", async () => {
  const { trials, end, clock } = open();
  for (let count = 0; count < 30; count++) {
    const trial = trials.upstream("anna", upstream);
    end();
    await trial;
  }
  await expect(trials.upstream("anna", upstream)).rejects.toMatchObject({ code: "TOO_MANY_TESTS" });
  clock.ms += 10 * 60_000;
  const trial = trials.upstream("anna", upstream);
  end();
  await trial;
});
