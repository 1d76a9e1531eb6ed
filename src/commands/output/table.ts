/** The width that everything for people fits into. */
export const WIDTH = 80;
const GAP = "  ";

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Figures stand at the right. */
  readonly align?: "left" | "right";
  /** It gives way when the table is too wide: what does not fit is cut. The last such column may give way whole. */
  readonly shrinks?: boolean;
}

/** Lays out rows under titles, aligned, at most `width` columns wide as far as the shrinking columns allow. */
export function layOutTable(columns: readonly Column[], rows: readonly (readonly string[])[], width = WIDTH): string {
  const clean = rows.map((row) => row.map(oneLine));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...clean.map((row) => lengthOf(row[index] ?? "")))
  );
  shrink(columns, widths, width);
  const lines = [columns.map(({ title }) => title), ...clean].map((row) =>
    columns.map(({ align }, index) => pad(cut(row[index] ?? "", widths[index]!), widths[index]!, align)).join(GAP)
      .trimEnd()
  );
  return lines.map((line) => `${line}\n`).join("");
}

/** Lays out "name: value" lines under each other; long values go on in lines of their own. */
export function layOutFacts(facts: readonly (readonly [name: string, value: string])[], width = WIDTH): string {
  const left = Math.max(...facts.map(([name]) => name.length)) + GAP.length;
  return facts.flatMap(([name, value]) =>
    wrap(value, width - left).map((line, index) => `${(index === 0 ? name : "").padEnd(left)}${line}`.trimEnd())
  ).map((line) => `${line}\n`).join("");
}

/** Breaks a text between words into lines of at most `width`; a longer word stands alone and is kept whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of oneLine(text).split(" ")) {
    if (line !== "" && lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Cuts a text to a width, with "…" where something is missing. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`;
}

/** A text in one line: what others have sent may hold anything, and a terminal obeys control characters. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

function shrink(columns: readonly Column[], widths: number[], width: number): void {
  const total = () => widths.reduce((sum, one) => sum + one, 0) + GAP.length * (widths.length - 1);
  for (let excess = total() - width; excess > 0; excess = total() - width) {
    // The widest gives way first, so that two long columns end up alike.
    const widest = columns.map((_, index) => index)
      .filter((index) => columns[index]!.shrinks && widths[index]! > columns[index]!.title.length)
      .toSorted((one, other) => widths[other]! - widths[one]!)[0];
    if (widest === undefined) return;
    widths[widest]!--;
  }
}

function pad(text: string, width: number, align: Column["align"]): string {
  const blanks = " ".repeat(Math.max(0, width - lengthOf(text)));
  return align === "right" ? blanks + text : text + blanks;
}

function lengthOf(text: string): number {
  return [...text].length;
}
