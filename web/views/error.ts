import { html } from "hono/html";
import type { View } from "../format.ts";
import { texts } from "../texts.ts";
import { doorLayout } from "./layout.ts";

/** What went wrong, for people. */
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
