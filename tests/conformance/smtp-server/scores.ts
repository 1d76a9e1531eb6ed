import type { ConformanceScript } from "./script.ts";

/** Columns of the table: standard, section, what, status, test, and two scores. */
const COLUMNS = 7;

/** A row of the table in docs/rfc.md. */
export interface ScoreRow {
  readonly rfc: string;
  readonly section: string;
  readonly waypost: string;
  readonly postfix: string;
}

/** What came of a script: no differences when all was well; null where the server does not offer the extension. */
export interface Result {
  readonly script: ConformanceScript;
  readonly differences: readonly string[] | null;
}

/** Whether a rule of a standard did not hold. */
export function isBroken({ script, differences }: Result): boolean {
  return !script.policy && differences !== null && differences.length > 0;
}

/** Scripts of a section that count: rules of the standard, not choices of ours. */
export function countedIn(scripts: readonly ConformanceScript[], rfc: string, section: string): number {
  return scripts.filter((script) => script.rfc === rfc && script.section === section && !script.policy).length;
}

/** How many of how many rules hold, as the table says it; where nothing counts there is no score. */
export function scoreText(held: number, counted: number): string {
  return counted === 0 ? "" : `${held}/${counted}`;
}

/** The rows of the table. */
export function rowsOf(markdown: string): ScoreRow[] {
  return markdown.split("\n").filter(isScored).map((line) => {
    const [rfc = "", section = "", , , , waypost = "", postfix = ""] = cellsOf(line);
    return { rfc, section, waypost, postfix };
  });
}

/** The document with the scores of two servers in its table, and what the other one does otherwise under it. */
export function withScores(markdown: string, own: readonly Result[], other: readonly Result[], notes: string): string {
  const lines = markdown.split("\n").map((line) => {
    if (line.startsWith("| **all** |")) return totals(own, other);
    if (!isScored(line)) return line;
    const [rfc = "", section = "", what, status, test] = cellsOf(line);
    const scores = [own, other].map((results) => scoreOf(results, rfc, section));
    return `| ${[rfc, section, what, status, test, ...scores].join(" | ")} |`;
  });
  return lines.join("\n").replace(/(<!-- otherwise -->\n)[^]*(<!-- end -->)/, (_, start, end) => start + notes + end);
}

function totals(own: readonly Result[], other: readonly Result[]): string {
  const [waypost, postfix] = [own, other].map(scoreOfAll);
  return `| **all** | | rules that count | | | ${waypost} | ${postfix} |`;
}

function scoreOf(results: readonly Result[], rfc: string, section: string): string {
  return scoreOfAll(results.filter(({ script }) => script.rfc === rfc && script.section === section));
}

function scoreOfAll(results: readonly Result[]): string {
  const rules = results.filter(({ script }) => !script.policy);
  const counted = rules.filter(({ differences }) => differences !== null);
  if (rules.length > 0 && counted.length === 0) return "not offered";
  return scoreText(counted.filter((result) => !isBroken(result)).length, counted.length);
}

/** Whether a line belongs to the table with scores: that of POP3 has none. */
function isScored(line: string): boolean {
  return line.startsWith("| RFC ") && cellsOf(line).length === COLUMNS && !line.includes("| section |");
}

function cellsOf(line: string): string[] {
  return line.split("|").slice(1, -1).map((cell) => cell.trim());
}
