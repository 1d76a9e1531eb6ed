import { type Handler, Parser } from "htmlparser2";

/** Characters that are parsed in one go: between two of them others may work. */
const SLICE = 16 * 1024;
/** Elements within each other, beyond which the rest is left unread: the parser's time grows with their square. */
const MAX_DEPTH = 500;

/** Parses HTML slice by slice, however wrong it is; hostile nests are cut off. Iterate to the end of it. */
export function* parseHtml(html: string, handler: Partial<Handler>): Generator<void> {
  let depth = 0;
  const parser = new Parser({
    ...handler,
    onopentag(name, attributes, isImplied) {
      depth++;
      handler.onopentag?.(name, attributes, isImplied);
    },
    onclosetag(name, isImplied) {
      depth--;
      handler.onclosetag?.(name, isImplied);
    },
  });
  for (let at = 0; at < html.length && depth < MAX_DEPTH; at += SLICE) {
    parser.write(html.slice(at, at + SLICE));
    yield;
  }
  parser.end();
}
