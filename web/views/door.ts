import { html } from "hono/html";
import type { View } from "../format.ts";
import { texts } from "../texts.ts";
import { doorLayout } from "./layout.ts";

/** The form by which people sign in. */
export function signInPage(
  form: { readonly next: string; readonly name: string; readonly problem: string | null },
): View {
  return doorLayout(
    texts.signIn.title,
    html`<form class="card door-form" method="post" action="/sign-in">
<h1>${texts.signIn.title}</h1>
${problemOf(form.problem)}
<input type="hidden" name="next" value="${form.next}">
<label>${texts.signIn.name}<input name="name" value="${form.name}" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64"${
      form.name === ""
        ? html`
          autofocus
        `
        : ""
    }></label>
<label>${texts.signIn.password}<input name="password" type="password" autocomplete="current-password" required maxlength="1024"${
      form.name === "" ? "" : html`
        autofocus
      `
    }></label>
<button class="main-button">${texts.signIn.go}</button>
<p class="hint"><a href="/welcome">${texts.signIn.haveCode}</a></p>
</form>`,
  );
}

/** The form by which a user with a one-time code chooses a password. */
export function welcomePage(
  form: {
    readonly name: string;
    readonly code: string;
    readonly problem: string | null;
    readonly minLength: number;
  },
): View {
  return doorLayout(
    texts.welcome.title,
    html`<form class="card door-form" method="post" action="/welcome">
<h1>${texts.welcome.title}</h1>
<p>${texts.welcome.intro}</p>
${problemOf(form.problem)}
<label>${texts.signIn.name}<input name="name" value="${form.name}" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64"></label>
<label>${texts.welcome.code}<input class="id" name="code" value="${form.code}" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" required maxlength="64"></label>
<label>${texts.welcome.password}<input name="password" type="password" autocomplete="new-password" required minlength="${form.minLength}" maxlength="1024" aria-describedby="password-hint"></label>
<p class="hint" id="password-hint">${texts.setUp.passwordHint(form.minLength)}</p>
<label>${texts.setUp.again}<input name="again" type="password" autocomplete="new-password" required maxlength="1024"></label>
<button class="main-button">${texts.welcome.go}</button>
<p class="hint"><a href="/sign-in">${texts.welcome.back}</a></p>
</form>`,
  );
}

/** The form by which the first owner is made. */
export function setUpPage(
  form: {
    readonly code: string;
    readonly name: string;
    readonly problem: string | null;
    readonly minLength: number;
  },
): View {
  return doorLayout(
    texts.setUp.title,
    html`<form class="card door-form" method="post" action="/setup">
<h1>${texts.setUp.title}</h1>
<p>${texts.setUp.intro}</p>
${problemOf(form.problem)}
<label>${texts.setUp.code}<input class="id" name="code" value="${form.code}" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" required maxlength="64"></label>
<label>${texts.setUp.name}<input name="name" value="${form.name}" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64"></label>
<label>${texts.setUp.password}<input name="password" type="password" autocomplete="new-password" required minlength="${form.minLength}" maxlength="1024" aria-describedby="password-hint"></label>
<p class="hint" id="password-hint">${texts.setUp.passwordHint(form.minLength)}</p>
<label>${texts.setUp.again}<input name="again" type="password" autocomplete="new-password" required maxlength="1024"></label>
<button class="main-button">${texts.setUp.go}</button>
</form>`,
  );
}

function problemOf(problem: string | null): View {
  return problem === null ? html`` : html`<p class="problem" role="alert">${problem}</p>`;
}
