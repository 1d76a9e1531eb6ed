import { html } from "hono/html";
import type { BrowserModel, UserModel } from "../access-models.ts";
import { time, type View } from "../format.ts";
import { texts } from "../texts.ts";
import { passwordField } from "./form.ts";
import { type Frame, layout } from "./layout.ts";
import { listTable, notice } from "./parts.ts";

/** What was done, or why not. */
export type ProfileNews =
  | { readonly kind: keyof typeof texts.profile.done }
  | { readonly kind: "problem"; readonly words: string };

/** Everybody's own page: the password, and the browsers that are signed in. */
export function profilePage(
  frame: Frame,
  { user, browsers, news, minLength }: {
    readonly user: UserModel | null;
    readonly browsers: readonly BrowserModel[];
    readonly news: ProfileNews | null;
    readonly minLength: number;
  },
): View {
  const words = texts.profile;
  const { roles, roleNotes, roleOf } = texts.access;
  const role = user?.account ? roleOf(roles.person, user.account) : roles[frame.role];
  const content = html`
    <h1>${words.title}</h1>
    <p class="lead"><b>${frame.user}</b> · ${role}: ${roleNotes[frame.role]}</p>
    ${news === null ? "" : note(news)}
    <div class="beside even">
      <section aria-labelledby="password-title"><h2 id="password-title">${words.passwordTitle}</h2>
    ${user?.signsIn === "account-password"
      ? html`<p>${words.byAccount}</p>`
      : passwordForm(frame.user, minLength)}</section>
      <section aria-labelledby="browsers-title"><h2 id="browsers-title">${words.browsersTitle}</h2>
    ${browserTable(browsers)}
    <form method="post" action="/profile/browsers/end"><button>${words.endAll}</button></form></section>
    </div>
  `;
  return layout(frame, { title: words.title, content });
}

function note(news: ProfileNews): View {
  return news.kind === "problem" ? notice("bad", news.words) : notice("good", texts.profile.done[news.kind]);
}

function passwordForm(name: string, minLength: number): View {
  const words = texts.profile;
  return html`
    <form class="card form narrow" method="post" action="/profile/password">
      <input class="unseen" name="name" value="${name}" autocomplete="username" readonly tabindex="-1"
        aria-hidden="true">
      ${passwordField({ key: "current", label: words.current, autocomplete: "current-password" })}
      ${passwordField({
        ...{ key: "password", label: words.password, minLength },
        hint: `${texts.setUp.passwordHint(minLength)} ${words.saveHint}`,
      })}
      ${passwordField({ key: "again", label: words.again })}
      <p class="form-end"><button class="main-button">${words.save}</button></p>
    </form>
  `;
}

function browserTable(browsers: readonly BrowserModel[]): View {
  const { columns, browsersTitle } = texts.profile;
  return listTable({
    kinds: "queue access",
    caption: browsersTitle,
    columns: [columns.browser, columns.since, columns.action],
  }, browsers.map(browserRow));
}

function browserRow({ key, browser, address, signedInAt, lastSeenAt, isThis }: BrowserModel): View {
  const words = texts.profile;
  const name = shortNameOf(browser) ?? words.unknown;
  return html`
    <tr>
      <td class="what"><span title="${browser ?? ""}">${name}</span>${isThis
        ? html`
          <b>${words.thisOne}</b>
        `
        : ""}${address === null || address === ""
        ? ""
        : html`<br><span class="quiet">${words.from(address)}</span>`}</td>
      <td>${time(signedInAt, "full")}${lastSeenAt === null ? "" : html`
        <br><span class="quiet">${words.columns.seen} ${time(lastSeenAt, "full")}</span>
      `}</td>
      <td class="acts">${isThis
        ? ""
        : html`<form class="actions" method="post" action="/profile/browsers/end"><input type="hidden" name="key"
          value="${key}"><button aria-label="${words.endOf(name)}">${words.end}</button></form>`}</td>
    </tr>
  `;
}

const BROWSERS = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], [
  "Safari/",
  "Safari",
]] as const;
const SYSTEMS = [["iPhone", "iPhone"], ["iPad", "iPad"], ["Android", "Android"], ["Windows", "Windows"], [
  "Mac OS",
  "Mac",
], ["Linux", "Linux"]] as const;

/** "Firefox, Linux": what people know a browser by. What is not known is shown as it calls itself. */
function shortNameOf(agent: string | null): string | null {
  if (agent === null) return null;
  const named = (table: readonly (readonly [string, string])[]) => table.find(([sign]) => agent.includes(sign))?.[1];
  const words = [named(BROWSERS), named(SYSTEMS)].filter((word) => word !== undefined);
  return words.length === 0 ? agent.slice(0, 60) : words.join(", ");
}
