import { Parser } from "htmlparser2";

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
  const parser = new Parser({
    onopentagname(name) {
      if (UNREAD.has(name)) unread++;
      if (BLOCKS.has(name)) pieces.push("\n");
    },
    ontext(text) {
      if (unread === 0) pieces.push(text.replace(/\s+/g, " "));
    },
    onclosetag(name) {
      if (UNREAD.has(name)) unread--;
      if (BLOCKS.has(name)) pieces.push("\n");
    },
  });
  parser.write(html);
  parser.end();
  return pieces.join("").replace(/[ \u00a0]*\n[ \n\u00a0]*/g, (ends) => /\n[^\n]*\n[^\n]*\n/.test(ends) ? "\n\n" : "\n")
    .trim();
}
