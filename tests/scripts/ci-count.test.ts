import { expect, test } from "vitest";
import { countStep } from "../../scripts/ci-count.mjs";

const report = (...statuses: string[]) => ({
  testResults: [{
    name: "/project/a.test.ts",
    status: statuses.includes("failed") ? "failed" : "passed",
    assertionResults: statuses.map((status, index) => ({ status, fullName: `test ${index}` })),
  }],
});

test("passed tests are counted", () => {
  expect(countStep({ name: "s", status: 0, report: report("passed", "passed") })).toEqual({ passed: 2, failed: [] });
});

test("failed and skipped tests are failures with a name", () => {
  expect(countStep({ name: "s", status: 1, report: report("passed", "failed", "skipped") })).toEqual({
    passed: 1,
    failed: ["s: failed: a.test.ts: test 1", "s: skipped: a.test.ts: test 2"],
  });
});

test("a file that could not be run is a failure", () => {
  const broken = { testResults: [{ name: "/project/a.test.ts", status: "failed", assertionResults: [] }] };
  expect(countStep({ name: "s", status: 1, report: broken }).failed).toEqual([
    "s: could not be run: /project/a.test.ts",
  ]);
});

test("a step that ended badly although its tests passed is a failure", () => {
  expect(countStep({ name: "s", status: 1, report: report("passed") }).failed).toEqual(["s: exit 1"]);
});

test("a step without tests counts by its exit code", () => {
  expect(countStep({ name: "s", status: 0, report: undefined })).toEqual({ passed: 0, failed: [] });
  expect(countStep({ name: "s", status: 124, report: undefined }).failed).toEqual(["s: exit 124"]);
});
