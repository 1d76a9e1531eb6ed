import { html } from "hono/html";
import { formatId } from "../../src/store/ids.ts";
import { ROLES, SCOPES } from "../../src/identity/roles.ts";
import type { TokenModel, UserModel } from "../access-models.ts";
import { flag, time, type View } from "../format.ts";
import { texts } from "../texts.ts";
import { fieldAround } from "./form.ts";
import { type Frame, icon, layout } from "./layout.ts";
import { listTable, notice } from "./parts.ts";

/** What was done; a secret is shown this once. */
export type AccessNews =
  | { readonly kind: keyof typeof texts.access.done; readonly name: string }
  | { readonly kind: "code" | "token"; readonly name: string; readonly secret: string };

/** Users and tokens. */
export function accessPage(
  frame: Frame,
  { users, tokens, accounts, news }: {
    readonly users: readonly UserModel[];
    readonly tokens: readonly TokenModel[];
    /** The logins that there are. */
    readonly accounts: readonly string[];
    readonly news: AccessNews | null;
  },
): View {
  const words = texts.access;
  const content = html`<h1>${words.title}</h1>
${news === null ? "" : newsNote(news)}
<section aria-labelledby="users-title">
<h2 id="users-title">${words.usersTitle}</h2>
<p class="lead">${words.usersLead}</p>
${userTable(frame, users, accounts)}
${userForm(accounts)}
</section>
<section aria-labelledby="tokens-title">
<h2 id="tokens-title">${words.tokensTitle}</h2>
<p class="lead">${words.tokensLead} <a href="/api/v1/openapi.json">${words.apiLink}</a></p>
${tokens.length === 0 ? html`<p class="empty">${words.noTokens}</p>` : tokenTable(tokens)}
${tokenForm()}
</section>`;
  return layout(frame, { title: words.title, content });
}

function newsNote(news: AccessNews): View {
  const words = texts.access;
  if (!("secret" in news)) {
    return notice("good", words.done[news.kind](news.name));
  }
  const isCode = news.kind === "code";
  return html`
    <div class="note good secret" role="status">
      ${icon("lock")}
      <div>
        <p><b>${isCode ? words.codeIs(news.name) : words.tokenIs(news.name)}</b></p>
        <p><code class="id" tabindex="0">${news.secret}</code></p>
        <p>${isCode ? words.codeHint : words.tokenHint}</p>
      </div>
    </div>
  `;
}

function userTable(frame: Frame, users: readonly UserModel[], accounts: readonly string[]): View {
  const { columns, usersTitle } = texts.access;
  return listTable({
    kinds: "queue access",
    caption: usersTitle,
    columns: [columns.name, columns.role, columns.signsIn, columns.action],
  }, users.map((user) => userRow(frame, user, accounts)));
}

function userRow(frame: Frame, user: UserModel, accounts: readonly string[]): View {
  const words = texts.access;
  const { name, role, account } = user;
  const isSelf = name === frame.user;
  return html`
    <tr>
      <td class="what"><b>${name}</b>${isSelf
        ? html`
          <span class="quiet">${words.you}</span>
        `
        : ""}</td>
      <td>${account === null
        ? words.roles[role]
        : words.roleOf(words.roles[role], account)}<br><span class="quiet">${words
        .roleNotes[role]}</span></td>
      <td>${signsIn(user)}<br><span class="quiet">${words.browsers(user.browsers)}</span></td>
      <td class="acts">${isSelf
        ? html`<a href="/profile">${texts.profile.title}</a>`
        : userActions(user, accounts)}</td>
    </tr>
  `;
}

function signsIn({ signsIn, codeExpiresAt }: UserModel): View {
  const words = texts.access;
  const code = codeExpiresAt === null ? "" : html`, ${words.codeUntil} ${time(codeExpiresAt, "full")}`;
  return html`${words.signsIn[signsIn]}${code}`;
}

function userActions(user: UserModel, accounts: readonly string[]): View {
  const words = texts.access;
  const { name } = user;
  const named = html`<input type="hidden" name="name" value="${name}">`;
  return html`
    <div class="actions">
    <form method="post" action="/access/users/reset">${named}<button aria-label="${words.resetOf(name)}">${words
      .reset}</button></form>
    ${user.browsers === 0 ? "" : html`
      <form method="post"
        action="/access/users/sign-out">${named}<button aria-label="${words
          .signOutOf(name)}">${words.signOut}</button></form>
    `}
    <form method="post" action="/access/users/remove">${named}<button class="danger" aria-label="${words.removeOf(
      name,
    )}">${words.remove}</button></form>
    </div>
    <details>
      <summary aria-label="${words.changeOf(name)}">${words.change}</summary>
      <form class="form narrow" method="post" action="/access/users/role">${named}${roleFields(
        encodeURIComponent(name),
        accounts,
        user,
      )}
    <p class="form-end"><button>${words.change}</button></p></form>
    </details>
  `;
}

/** What each role may do, in words: too long for the choice itself. */
function roleHint(): string {
  const { roles, roleNotes } = texts.access;
  return ROLES.map((one) => `${roles[one]}: ${roleNotes[one]}.`).join(" ");
}

/** `of` tells the fields of one user from those of another. */
function roleFields(
  of: string,
  accounts: readonly string[],
  { role, account, signsIn }: Pick<UserModel, "role" | "account" | "signsIn">,
): View {
  const words = texts.access;
  const roles = ROLES.map((one) =>
    html`
      <option value="${one}" ${flag("selected", one === role)}>${words.roles[one]}</option>
    `
  );
  const logins = accounts.map((one) => html`<option${flag("selected", one === account)}>${one}</option>`);
  return html`${
    fieldAround(
      { key: `role-${of}`, label: words.role, hint: roleHint() },
      (marks) => html`<select name="role" ${marks}>${roles}</select>`,
    )
  }${
    accounts.length === 0 ? "" : html`${
      fieldAround(
        { key: `account-${of}`, label: words.account },
        (marks) => html`<select name="account" ${marks}><option value="">${words.noAccount}</option>${logins}</select>`,
      )
    }${
      fieldAround(
        { key: `by-account-${of}`, label: words.byAccountPassword, hint: words.byAccountHint, isBox: true },
        (marks) =>
          html`<input type="checkbox" name="byAccountPassword" ${marks}${
            flag("checked", signsIn === "account-password")
          }>`,
      )
    }`
  }`;
}

function userForm(accounts: readonly string[]): View {
  const words = texts.access;
  return html`<form class="card form narrow" method="post" action="/access/users">
<h3>${words.addUser}</h3>
${
    fieldAround({ key: "user-name", label: words.name }, (marks) =>
      html`<input name="name" ${marks} required maxlength="64" autocomplete="off" autocapitalize="none" spellcheck="false">`)
  }
${roleFields("new", accounts, { role: "viewer", account: null, signsIn: "code" })}
<p class="form-end"><button class="main-button">${words.add}</button></p>
</form>`;
}

function tokenTable(tokens: readonly TokenModel[]): View {
  const { tokenColumns, tokensTitle, columns } = texts.access;
  return listTable({
    kinds: "queue access",
    caption: tokensTitle,
    columns: [tokenColumns.name, tokenColumns.scopes, tokenColumns.expires, tokenColumns.used, columns.action],
  }, tokens.map(tokenRow));
}

function tokenRow(token: TokenModel): View {
  const words = texts.access;
  const { name, createdBy, expiresAt, lastUsedAt } = token;
  return html`
    <tr>
      <td class="what"><b>${name}</b><br><span class="quiet">${words.tokenColumns.made} ${time(
        token.createdAt,
        "full",
      )} ${createdBy ===
          null
        ? words.byCommand
        : words.madeBy(createdBy)}</span></td>
      <td>${token.scopes.map((scope) =>
        html`
          <span class="id">${scope}</span>
        `
      )}</td>
      <td>${expiresAt === null ? words.never : token.isExpired
        ? html`
          <span class="mark bad">${icon("trouble")}${words.expired}</span> ${time(expiresAt, "full")}
        `
        : time(expiresAt, "full")}</td>
      <td>${lastUsedAt === null ? words.notUsed : time(lastUsedAt, "full")}</td>
      <td class="acts">
        <form class="actions" method="post" action="/access/tokens/remove"><input type="hidden" name="id"
        value="${formatId(token.id)}"><button class="danger" aria-label="${words.revokeOf(name)}">${words
          .revoke}</button></form>
      </td>
    </tr>
  `;
}

function tokenForm(): View {
  const words = texts.access;
  const scopes = SCOPES.map((scope) =>
    html`<label class="boxed"><input type="checkbox" name="scopes" value="${scope}"><span><span class="id">${scope}</span>
<span class="quiet">${words.scopes[scope]}</span></span></label>`
  );
  return html`<form class="card form narrow" method="post" action="/access/tokens">
<h3>${words.addToken}</h3>
${
    fieldAround({ key: "token-name", label: words.tokenName, hint: words.tokenNameHint }, (marks) =>
      html`<input name="name" ${marks} required maxlength="64" autocomplete="off">`)
  }
<fieldset class="boxes"><legend>${words.scopesLabel}</legend>${scopes}</fieldset>
${
    fieldAround({ key: "works", label: words.works }, (marks) =>
      html`<select name="works" ${marks}>${
        words.worksChoices.map(([value, name]) =>
          html`<option value="${value}">${name}</option>`
        )
      }</select>`)
  }
<p class="form-end"><button class="main-button">${words.make}</button></p>
</form>`;
}
