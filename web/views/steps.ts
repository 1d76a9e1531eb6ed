import { html } from "hono/html";
import { isLoopback } from "../../src/settings.ts";
import type { View } from "../format.ts";
import type { Overview } from "../models.ts";
import { texts } from "../texts.ts";
import { type Frame, icon } from "./layout.ts";

interface Step {
  readonly isDone: boolean;
  readonly title: string;
  /** Where it is done; null: not here. */
  readonly path: string | null;
  readonly why: View | string;
}

/** What a new owner does next, until there is an upstream and an account and the first client has come. */
export function stepsSection({ endpoints }: Frame, { upstreams, accounts, newest }: Overview): View {
  const words = texts.overview.steps;
  const isSet = upstreams.length > 0 && accounts > 0;
  if (isSet) return html``;
  const listening = endpoints.filter(({ service }) => service !== "dashboard");
  const where = listening.map(({ service, address }) =>
    html`
      ${texts.footer.services[service]} <span class="id">${address}</span>
    `
  );
  const isAlone = listening.every(({ address }) => isLoopback(address.replace(/:\d+$/, "").replace(/^\[|\]$/g, "")));
  const steps: Step[] = [
    { isDone: upstreams.length > 0, title: words.upstream, path: "/upstreams", why: words.upstreamWhy },
    { isDone: accounts > 0, title: words.account, path: "/accounts", why: words.accountWhy },
    {
      isDone: newest.length > 0,
      title: words.client,
      path: null,
      why: html`${where}– ${words.clientWhy}${
        isAlone
          ? html`
            ${words.loopbackOnly} <a href="/settings">${texts.nav.settings}</a>
          `
          : ""
      }`,
    },
  ];
  return html`
    <section class="next" aria-labelledby="next-title">
      <h2 id="next-title">${words.title}</h2>
      <ol>${steps.map(stepItem)}</ol>
    </section>
  `;
}

function stepItem({ isDone, title, path, why }: Step, index: number): View {
  return html`<li${
    isDone
      ? html`
        class="is-done"
      `
      : ""
  }><span class="number" aria-hidden="true">${isDone ? icon("ok") : index + 1}</span><div><h3>${
    path === null || isDone ? title : html`<a href="${path}">${title}</a>`
  }${
    isDone
      ? html`
        <span class="unseen">${texts.overview.steps.done}</span>
      `
      : ""
  }</h3><p>${why}</p></div></li>`;
}
