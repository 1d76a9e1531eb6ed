import { parseHtml } from "./html-parse.ts";

/** What is no text that anybody reads. */
const UNREAD: ReadonlySet<string> = new Set([
  "script",
  "style",
  "title",
  "head",
  "template",
  "noscript",
  "svg",
  "math",
]);
/** What stands on lines of its own. */
const BLOCKS: ReadonlySet<string> = new Set([
  ...["address", "article", "blockquote", "br", "center", "dd", "div", "dl", "dt", "footer", "form", "h1", "h2", "h3"],
  ...["h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"],
]);

/** The text of HTML as it is read: without its marks, blocks on lines of their own. */
export function textOfHtml(html: string): string {
  const pieces: string[] = [];
  let unread = 0;
  const handler = {
    onopentag(name: string) {
      if (UNREAD.has(name)) unread++;
      if (BLOCKS.has(name)) pieces.push("\n");
    },
    ontext(text: string) {
      if (unread === 0) pieces.push(text.replace(/\s+/g, " "));
    },
    onclosetag(name: string) {
      if (UNREAD.has(name)) unread--;
      if (BLOCKS.has(name)) pieces.push("\n");
    },
  };
  for (const _ of parseHtml(html, handler)) { /* nobody else waits for this thread */ }
  return tidied(pieces.join(""));
}

/** Lines without white space around them, at most one empty line between two. */
function tidied(text: string): string {
  const lines: string[] = [];
  for (const line of text.split("\n").map((one) => one.trim())) {
    if (line !== "" || (lines.length > 0 && lines.at(-1) !== "")) lines.push(line);
  }
  return lines.join("\n").trim();
}
