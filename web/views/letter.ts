import { html, raw } from "hono/html";
import { formatId } from "../../src/store/ids.ts";
import { octets, unturned, type View } from "../format.ts";
import type { LetterPart, LetterView, SafeHtml } from "../letter-models.ts";
import { texts } from "../texts.ts";
import { facts } from "./parts.ts";

/** By which of its forms a message is shown. */
export type LetterForm = "html" | "text";

/** Octets of its source that one link shows, and how many links there are for longer ones. */
const SOURCE_OCTETS = 1024 * 1024;
const SOURCE_LINKS = 12;

/** What makes a letter readable where it says nothing itself: dark on light, since letters expect paper. */
const PAPER =
  "html{background:#fff;color:#111;color-scheme:light}body{margin:14px;font:15px/1.5 system-ui,sans-serif;" +
  "overflow-wrap:anywhere}img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}";

/** The document within the frame. What stands in it was made safe before. */
export function letterDocument({ html: safe }: SafeHtml): View {
  return html`
    <!doctype html>
    <html lang="und">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>${texts.letter.title}</title>
        <style>${raw(PAPER)}</style>
      </head>
      <body>${raw(safe)}</body>
    </html>
  `;
}

/** What is in a message: its header, its text or HTML, what is attached, its source. */
export function letterSection(id: number, size: number, letter: LetterView, form: LetterForm): View {
  const words = texts.letter;
  return html`
    <section class="letter" aria-labelledby="letter-title">
      <h2 id="letter-title">${words.title}</h2>
      ${letter.state === "here" ? openLetter(formatId(id), size, letter, form) : html`
        <p class="empty">${letter.state === "gone" ? html`${words.gone} ${words.goneHint}` : words.closed}</p>
      `}
    </section>
  `;
}

function openLetter(id: string, size: number, letter: LetterView, form: LetterForm): View {
  const words = texts.letter;
  return html`
    ${facts(letter.fields.map(({ name, value }) => [words.fields[name], unturned(value)] as const))}
    ${letter.hasHtml ? formTabs(id, form) : ""}
    ${letter.hasHtml && form === "html" ? framed(id, letter) : plain(letter)}
    ${attachments(id, letter.attachments)}
    ${letter.hasMore ? html`<p class="hint">${words.hasMore}</p>` : ""}
    <p class="letter-links"><a class="button" href="/messages/${id}/content">${words.download}</a> ${sourceLinks(
      id,
      size,
    )}</p>
  `;
}

function formTabs(id: string, form: LetterForm): View {
  const words = texts.letter;
  const tab = (name: LetterForm) =>
    html`<li><a href="/messages/${id}?form=${name}#letter-title"${name === form ? raw(' aria-current="true"') : ""}>${
      words[name]
    }</a></li>`;
  return html`
    <nav class="ranges" aria-label="${words.views}">
      <ul>${tab("html")}${tab("text")}</ul>
    </nav>
  `;
}

function framed(id: string, { links, blocked }: LetterView): View {
  const words = texts.letter;
  return html`
    <iframe class="letter-frame" src="/messages/${id}/html" title="${words.frame}" loading="lazy"
      referrerpolicy="no-referrer"
      sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>
    <p class="hint">${blocked > 0
      ? html`
        ${words.blocked(blocked)}
      `
      : ""}${words.frameNote}</p>
    ${links.length === 0 ? "" : html`
      <details class="letter-targets" id="letter-targets">
        <summary>${words.links(links.length)}</summary>
        <dl>${links.map(({ text, target }) =>
          html`
            <div>
              <dt>${text === "" ? "–" : text}</dt>
              <dd class="id">${target}</dd>
            </div>
          `
        )}</dl>
      </details>
    `}
  `;
}

function plain({ text, isTextCut }: LetterView): View {
  const words = texts.letter;
  if (text === null) return html`<p class="empty">${words.noText}</p>`;
  return html`
    <pre class="letter-text" tabindex="0" aria-label="${words.text}">${visibleText(text)}</pre>
    ${isTextCut ? html`<p class="hint">${words.cut}</p>` : ""}
  `;
}

/** Controls have pictures of their own, so that nobody is deceived by what they do; marks of direction too. */
function visibleText(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (sign) => {
    const code = sign.charCodeAt(0);
    if (sign === "\n" || sign === "\t") return sign;
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\u2426";
  });
}

function attachments(id: string, parts: readonly LetterPart[]): View {
  const words = texts.letter;
  if (parts.length === 0) return html``;
  return html`
    <h3>${words.attachments}</h3>
    <ul class="attached">${parts.map(({ number, name, type, octets: size, isInline }) =>
      html`<li><a href="/messages/${id}/attachments/${number}" download>${name}</a> <span class="quiet">${type} · ${
        octets(size)
      }${isInline ? ` · ${words.inline}` : ""}</span></li>`
    )}</ul>
  `;
}

function sourceLinks(id: string, size: number): View {
  const words = texts.letter;
  const count = Math.min(SOURCE_LINKS, Math.max(1, Math.ceil(size / SOURCE_OCTETS)));
  return html`${
    Array.from({ length: count }, (_, index) =>
      html`
        <a href="/messages/${id}/source${index === 0 ? "" : `?from=${index * SOURCE_OCTETS}`}">${count === 1
          ? words.source
          : words.sourcePart(index + 1)}</a>
      `)
  }`;
}
