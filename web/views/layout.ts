import { html, raw } from "hono/html";
import type { Role } from "../../src/identity/roles.ts";
import { assetUrl } from "../assets.ts";
import type { View } from "../format.ts";
import { isWithin, sectionOf, sections } from "../navigation.ts";
import { texts } from "../texts.ts";

/** What every page behind the door shows around its content. */
export interface Frame {
  readonly user: string;
  readonly role: Role;
  /** Whether the user may change anything there is. */
  readonly mayAct: boolean;
  /** Whether the user may fetch, and have mailbox messages once more: of what is seen at all. */
  readonly mayFetch: boolean;
  readonly path: string;
  readonly hostname: string;
  readonly version: string;
  readonly endpoints: readonly { readonly service: keyof typeof texts.footer.services; readonly address: string }[];
}

/** What a page adds to the frame. */
export interface Page {
  readonly title: string;
  readonly content: View;
  /** Ids of the parts that are brought up to date by live events, and where they come from. */
  readonly live?: undefined | { readonly path: string; readonly ids: readonly string[] };
  /** Scripts beyond those of every page. */
  readonly scripts?: readonly string[];
  readonly styles?: readonly string[];
}

const HTMX_CONFIG = JSON.stringify({
  includeIndicatorStyles: false,
  allowEval: false,
  allowScriptTags: false,
  selfRequestsOnly: true,
  historyEnabled: false,
});

/** An icon of icons.svg; beside a text that says the same. */
export function icon(name: string): View {
  return html`
    <svg class="icon" aria-hidden="true">
      <use href="${assetUrl("icons.svg")}#${name}"></use>
    </svg>
  `;
}

/** A whole page. */
export function layout(frame: Frame, page: Page): View {
  const scripts = ["times.js", "htmx.js", "htmx-sse.js", "app.js", ...page.scripts ?? []];
  const head = html`<meta name="htmx-config" content="${HTMX_CONFIG}">
${page.live ? html`<noscript><meta http-equiv="refresh" content="30"></noscript>` : ""}
${scripts.map((name) => html`<script defer src="${assetUrl(name)}"></script>`)}`;
  const live = page.live
    ? html`<div hidden hx-get="${page.live.path}" hx-trigger="sse:changed" hx-swap="none" hx-select-oob="${
      page.live.ids.map((id) => `#${id}`).join(",")
    }"></div>`
    : "";
  return document(
    { ...page, head },
    html`<body hx-ext="sse" sse-connect="/api/v1/events">
<a class="skip" href="#main">${texts.skip}</a>
${header(frame)}
<p class="lost" id="lost" role="status" hidden>${texts.lost}</p>
<main id="main" tabindex="-1">
${tabs(frame)}${page.content}
</main>
${live}
${footer(frame)}
</body>`,
  );
}

/** A page before the door: no navigation, no scripts. */
export function doorLayout(title: string, content: View): View {
  return document(
    { title, head: html`` },
    html`
      <body class="door">
        <main id="main">
      <p class="door-brand">${brandMark()}<span>${texts.product}</span></p>
      ${content}
        </main>
      </body>
    `,
  );
}

function document(page: { title: string; head: View; styles?: readonly string[] }, body: View): View {
  return html`<!doctype html>
<html lang="${texts.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · ${texts.product}</title>
<link rel="icon" type="image/svg+xml" href="${assetUrl("mark.svg")}">
<link rel="stylesheet" href="${assetUrl("app.css")}">
${(page.styles ?? []).map((name) => html`<link rel="stylesheet" href="${assetUrl(name)}">`)}
${page.head}
</head>
${body}
</html>`;
}

function brandMark(): View {
  return html`<svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">${
    raw(
      '<path class="post" d="M14.5 3h3v27h-3z"/><path class="out" d="M5 6h18l5 4.5-5 4.5H5z"/>' +
        '<path class="in" d="M27 17H9l-5 4.5L9 26h18z"/>',
    )
  }</svg>`;
}

function header(frame: Frame): View {
  const here = sectionOf(frame.path, frame.role);
  return html`
    <header class="top">
      <a class="brand" href="/">${brandMark()}<span>${texts.product}</span></a>
      <nav aria-label="${texts.nav.label}">
        <ul>
    ${sections(frame.role).map(({ name, tabs: [{ path }] }) =>
      html`<li><a href="${path}"${
        name === here?.name ? raw(path === frame.path ? ' aria-current="page"' : ' aria-current="true"') : ""
      }>${name}</a></li>`
    )}
        </ul>
      </nav>
      <form class="search" role="search" action="/messages">
        <label class="unseen" for="q">${texts.search.label}</label>
        <input id="q" name="q" type="search" placeholder="${texts.search
          .placeholder}" maxlength="998" autocomplete="off"
          spellcheck="false">
        <button class="bare" aria-label="${texts.search.go}">${icon("search")}</button>
      </form>
      <form class="sign-out" method="post" action="/sign-out">
        <a class="me" href="/profile" ${frame.path === "/profile" ? raw(' aria-current="page"') : ""}
          title="${texts.nav.signedInAs(frame.user)}"><span class="unseen">${texts.profile.title}: </span>${frame
            .user}</a>
        <button class="bare">${texts.nav.signOut}</button>
      </form>
    </header>
  `;
}

/** The pages of a section, where it has several. */
function tabs({ path, role }: Frame): View {
  const section = sectionOf(path, role);
  if (section === null || section.tabs.length === 1) return html``;
  return html`
    <nav class="tabs" aria-label="${texts.nav.within(section.name)}">
      <ul>${section.tabs.map((tab) =>
        html`<li><a href="${tab.path}"${
          isWithin(path, tab) ? raw(path === tab.path ? ' aria-current="page"' : ' aria-current="true"') : ""
        }>${tab.name}</a></li>`
      )}</ul>
    </nav>
  `;
}

function footer(frame: Frame): View {
  return html`
    <footer class="foot">
      <p>${texts.product} ${frame.version} · ${frame.hostname}</p>
      <p>${texts.footer.listens} ${frame.endpoints.map((endpoint, index) =>
        html`${index > 0 ? ", " : ""}${
          texts.footer.services[endpoint.service]
        } <span class="id">${endpoint.address}</span>`
      )}</p>
    </footer>
  `;
}
