import { html } from "hono/html";
import { flag, type View } from "../format.ts";
import { texts } from "../texts.ts";
import { fieldAround, passwordField } from "./form.ts";
import { doorLayout } from "./layout.ts";
import { notice } from "./parts.ts";

/** The form by which people sign in. */
export function signInPage(
  form: { readonly next: string; readonly name: string; readonly problem: string | null },
): View {
  return doorLayout(
    texts.signIn.title,
    html`<form class="card form door-form" method="post" action="/sign-in">
<h1>${texts.signIn.title}</h1>
${problemOf(form.problem)}
<input type="hidden" name="next" value="${form.next}">
${nameField(texts.signIn.name, form.name, form.name === "")}
${
      passwordField({
        ...{ key: "password", label: texts.signIn.password, autocomplete: "current-password" },
        isFirst: form.name !== "",
      })
    }
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
    html`<form class="card form door-form" method="post" action="/welcome">
<h1>${texts.welcome.title}</h1>
<p>${texts.welcome.intro}</p>
${problemOf(form.problem)}
${nameField(texts.signIn.name, form.name)}
${codeField(texts.welcome.code, form.code)}
${newPasswordFields(texts.welcome.password, form.minLength)}
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
    html`<form class="card form door-form" method="post" action="/setup">
<h1>${texts.setUp.title}</h1>
<p>${texts.setUp.intro}</p>
${problemOf(form.problem)}
${codeField(texts.setUp.code, form.code, true)}
${nameField(texts.setUp.name, form.name)}
${newPasswordFields(texts.setUp.password, form.minLength)}
<button class="main-button">${texts.setUp.go}</button>
</form>`,
  );
}

function nameField(label: string, value: string, isFirst = false): View {
  return fieldAround({ key: "name", label }, (marks) =>
    html`
      <input name="name" ${marks} value="${value}" autocomplete="username" autocapitalize="none" spellcheck="false"
        required maxlength="64" ${flag("autofocus", isFirst)}>
    `);
}

function codeField(label: string, value: string, isFirst = false): View {
  return fieldAround({ key: "code", label }, (marks) =>
    html`
      <input class="id" name="code" ${marks} value="${value}" autocomplete="one-time-code" autocapitalize="characters"
        spellcheck="false" required maxlength="64" ${flag("autofocus", isFirst)}>
    `);
}

function newPasswordFields(label: string, minLength: number): View {
  return html`${passwordField({ key: "password", label, minLength, hint: texts.setUp.passwordHint(minLength) })}
${passwordField({ key: "again", label: texts.setUp.again })}`;
}

function problemOf(problem: string | null): View {
  return problem === null ? html`` : notice("bad", problem);
}
