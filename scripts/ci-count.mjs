/**
 * Adds up a CI run: `node scripts/ci-count.mjs FOLDER`, where FOLDER holds `steps.tsv` (name, tab, exit code) and, for a
 * step that ran tests, vitest's JSON report under the step's name. Lists what failed or was skipped; the last line is
 * "N passed, M failed". Exits 1 if anything failed.
 */
import fs from "node:fs";
import path from "node:path";
import process from "node:process";

/** What one step adds: how many tests passed, and a line for each thing that failed. */
export function countStep({ name, status, report }) {
  if (!report) return { passed: 0, failed: status === 0 ? [] : [`${name}: exit ${status}`] };
  const failed = [];
  let passed = 0;
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === "passed") passed += 1;
      else failed.push(`${name}: ${test.status}: ${path.basename(file.name)}: ${test.fullName}`);
    }
    const isBroken = file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed");
    if (isBroken) failed.push(`${name}: could not be run: ${file.name}`);
  }
  if (status !== 0 && failed.length === 0) failed.push(`${name}: exit ${status}`);
  return { passed, failed };
}

function readSteps(folder) {
  const lines = fs.readFileSync(path.join(folder, "steps.tsv"), "utf8").trim().split("\n");
  return lines.map((line) => {
    const [name, status] = line.split("\t");
    return { name, status: Number(status), report: readReport(path.join(folder, `${name}.json`)) };
  });
}

/** A run that was ended early leaves no report, or half of one: its exit code speaks then. */
function readReport(file) {
  if (!fs.existsSync(file)) return undefined;
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    console.log(`${path.basename(file)} cannot be read: ${error.message}`);
    return undefined;
  }
}

const [, script, folder] = process.argv;
if (folder && path.basename(script) === "ci-count.mjs") {
  const counts = readSteps(folder).map(countStep);
  const failed = counts.flatMap((count) => count.failed);
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  console.log("");
  for (const line of failed) console.log(line);
  console.log(`${passed} passed, ${failed.length} failed`);
  process.exitCode = failed.length === 0 && passed > 0 ? 0 : 1;
}
