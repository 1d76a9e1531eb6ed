import { html, raw } from "hono/html";
import type { View } from "../format.ts";
import type { RangeName } from "../models.ts";
import { texts } from "../texts.ts";

const NAMES: readonly RangeName[] = ["hour", "day", "week", "month"];

/** Links to the same page over another range of time. */
export function rangeLinks(chosen: RangeName, pathOf: (range: RangeName) => string): View {
  return html`
    <nav class="ranges" aria-label="${texts.traffic.range}">
      <ul>${NAMES.map((name) =>
        html`<li><a href="${pathOf(name)}"${name === chosen ? raw(' aria-current="true"') : ""}>${
          texts.traffic.ranges[name]
        }</a></li>`
      )}</ul>
    </nav>
  `;
}
