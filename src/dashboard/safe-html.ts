import { setImmediate } from "node:timers/promises";
import type { SafeHtml } from "../../web/letter-models.ts";
import { parseHtml } from "../wire/html-parse.ts";

const namesOf = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/**
 * What may stand in a letter. The frame that shows it can run nothing and load nothing whatever stands there (the letter's
 * routes say how); this is the second wall, and what makes pictures of the letter itself and its links work.
 */
const TAGS = namesOf(`
  a abbr address article b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn div dl dt em
  figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q s samp section small
  span strike strong style sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr`);
/** Left out with all that stands in them. */
const DROPPED = namesOf(`
  script title template noscript iframe frame frameset noframes object embed applet svg math audio video canvas textarea
  select xmp noembed plaintext portal`);
/** Of those, what would have been loaded from elsewhere. */
const LOADED = namesOf("iframe frame object embed audio video");
const VOID = namesOf("br col hr img wbr");
const ATTRIBUTES = namesOf(`
  align alt bgcolor border cellpadding cellspacing class color colspan dir face height hspace lang nowrap open reversed
  rowspan scope size span start style title type valign value vspace width`);
const SOURCES = namesOf("src srcset background poster data");
const LINK_SCHEMES = namesOf("http: https: mailto:");
/** What may reach out of a style sheet, however it is written. */
const REACHES_OUT =
  /(url|image-set|src|image|expression)\s*\(|@import|@font-face|@namespace|javascript:|behavior|-moz-binding|\\/i;
const MAX_LINKS = 100;
const MAX_LINK_TEXT = 80;

/** Gives a picture of the letter itself as a data: address, by its Content-ID; null where there is none. */
type PictureOf = (contentId: string) => string | null;

/**
 * Makes HTML of a letter safe to show: what is not known to be harmless is left out, everything else is written anew. It
 * takes turns with others: HTML may be long.
 */
export async function makeSafe(html: string, pictureOf: PictureOf): Promise<SafeHtml> {
  const rewriter = createRewriter(pictureOf);
  for (const _ of parseHtml(html, rewriter)) await setImmediate();
  return rewriter.finish();
}

function createRewriter(pictureOf: PictureOf) {
  const out: string[] = [];
  const open: string[] = [];
  const links = new Map<string, string>();
  const counted = { blocked: 0 };
  let dropped = 0;
  let sheet = "";
  let link: { readonly target: string; text: string } | null = null;

  function closeTag(tag: string): void {
    if (tag === "style") out.push(safeSheet(sheet));
    sheet = "";
    out.push(`</${tag}>`);
    if (tag !== "a" || link === null) return;
    if (links.size < MAX_LINKS && !links.has(link.target)) links.set(link.target, tidy(link.text));
    link = null;
  }

  return {
    onopentag(tag: string, attributes: Readonly<Record<string, string>>) {
      if (DROPPED.has(tag)) {
        dropped++;
        if (LOADED.has(tag)) counted.blocked++;
      }
      if (dropped > 0 || !TAGS.has(tag)) return;
      const kept = attributesOf(tag, attributes, pictureOf, counted);
      const target = tag === "a" ? targetOf(attributes["href"] ?? "") : null;
      if (target !== null) {
        link = { target, text: "" };
        kept.push(`href="${escape(target)}"`, 'target="_blank"', 'rel="noopener noreferrer nofollow"');
      }
      out.push(`<${[tag, ...kept].join(" ")}>`);
      if (!VOID.has(tag)) open.push(tag);
    },
    ontext(text: string) {
      if (dropped > 0) return;
      // A sheet comes in pieces, and is to be looked at as a whole.
      if (open.at(-1) === "style") return void (sheet += text);
      if (link && link.text.length < MAX_LINK_TEXT) link.text += text;
      out.push(escape(text));
    },
    onclosetag(tag: string) {
      if (DROPPED.has(tag)) dropped = Math.max(0, dropped - 1);
      if (open.at(-1) !== tag) return;
      open.pop();
      closeTag(tag);
    },
    finish(): SafeHtml {
      const targets = [...links].map(([target, text]) => ({ text, target }));
      return { html: out.join(""), links: targets, blocked: counted.blocked };
    },
  };
}

/** The attributes that stay, as they are written; counts what would have been loaded from elsewhere. */
function attributesOf(
  tag: string,
  given: Readonly<Record<string, string>>,
  pictureOf: PictureOf,
  counted: { blocked: number },
): string[] {
  const kept: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (SOURCES.has(name) && tag !== "img") counted.blocked++;
    // What a link says of itself is where it leads.
    if (!ATTRIBUTES.has(name) || (tag === "a" && name === "title")) continue;
    kept.push(`${name}="${escape(name === "style" ? safeStyle(value) : value)}"`);
  }
  const target = tag === "a" ? targetOf(given["href"] ?? "") : null;
  if (target !== null) kept.push(`title="${escape(target)}"`);
  const src = tag === "img" ? given["src"] ?? given["srcset"] ?? "" : "";
  if (src === "") return kept;
  const picture = pictureAt(src, pictureOf);
  if (picture === null) counted.blocked++;
  else kept.push(`src="${escape(picture)}"`);
  return kept;
}

function pictureAt(src: string, pictureOf: PictureOf): string | null {
  const contentId = /^\s*cid:(.+)$/is.exec(src)?.[1]?.trim();
  if (contentId !== undefined) return pictureOf(decoded(contentId));
  return /^\s*data:image\/(png|jpe?g|gif|webp|bmp|avif);base64,[A-Za-z0-9+/=\s]*$/i.test(src) ? src.trim() : null;
}

/** Where a link may lead, in full; null: nowhere. */
function targetOf(href: string): string | null {
  const plain = href.replace(/[\p{Cc}\p{Cf}]+/gu, "").trim();
  if (!URL.canParse(plain)) return null;
  const url = new URL(plain);
  return LINK_SCHEMES.has(url.protocol) ? url.href : null;
}

/** A declaration that reaches out is left out. */
function safeStyle(style: string): string {
  return style.replace(/\/\*.*?(\*\/|$)/gs, "").split(";").filter((part) => !REACHES_OUT.test(part)).join(";");
}

/** A sheet without what reaches out; it cannot end its element. */
function safeSheet(sheet: string): string {
  const plain = sheet.replace(/\/\*.*?(\*\/|$)|<!--|-->/gs, "");
  return plain.replace(/[^{};]+/g, (part) => REACHES_OUT.test(part) ? "" : part).replaceAll("<", "");
}

function tidy(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, MAX_LINK_TEXT);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

function escape(text: string): string {
  return text.replaceAll("\0", "").replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
