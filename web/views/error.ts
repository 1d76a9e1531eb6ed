import { html } from "hono/html";
import type { View } from "../format.ts";
import { texts } from "../texts.ts";
import { doorLayout, type Frame, layout } from "./layout.ts";

/** What went wrong, for people who are signed in: the page around it stays. */
export function framedErrorPage(frame: Frame, title: string, message: string): View {
  const content = html`<h1>${title}</h1>
<p class="lead">${message}</p>
<p><a href="/">${texts.errors.back}</a></p>`;
  return layout(frame, { title, content });
}

/** What went wrong, for people before the door. */
export function errorPage(message: string): View {
  return doorLayout(
    texts.errors.title,
    html`
      <div class="card door-form">
        <h1>${texts.errors.title}</h1>
        <p>${message}</p>
        <p><a href="/">${texts.errors.back}</a></p>
      </div>
    `,
  );
}
