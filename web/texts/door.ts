/** Texts before the door, and of what could not be done. */
import { count } from "./words.ts";

export const door = {
  signIn: {
    title: "Sign in",
    name: "Name",
    password: "Password",
    go: "Sign in",
    wrong: "Name or password is wrong.",
    haveCode: "I have a one-time code",
    wait: (seconds: number) => `Too many attempts. Try again in ${count(seconds, "second")}.`,
  },
  welcome: {
    title: "Choose your password",
    intro: "Whoever looks after this Waypost gave you a name and a one-time code.",
    code: "One-time code",
    password: "New password",
    go: "Save and sign in",
    back: "Sign in with a password",
    wrongCode: "The name and the code do not belong together, or the code is older than three days. Ask for a new one.",
  },
  setUp: {
    title: "Welcome to Waypost",
    intro: "Choose the name and password that will open this dashboard. The one-time code stands on Waypost's console.",
    code: "One-time code",
    name: "Your name",
    password: "Password",
    passwordHint: (length: number) => `At least ${length} characters.`,
    again: "Password once more",
    go: "Start",
    wrongCode: "That is not the one-time code. It stands on Waypost's console and is new at each start.",
    short: (length: number) => `The password needs at least ${length} characters.`,
    differ: "The two passwords differ.",
    noName: "A name is needed: up to 64 characters, none of them a control character.",
  },
  errors: {
    title: "That did not work",
    notFound: "There is no such page.",
    notFoundTitle: "Not found",
    noAccount: (login: string) => `There is no account ${login}.`,
    noSource: (name: string) => `There is no source ${name}.`,
    host: (host: string) =>
      `The dashboard is not known by the name “${host}”. Use its address, or add the name to trusted_hosts in the settings.`,
    origin: "The request came from another site and was refused.",
    /** By whom it may be done; absent: by owners. */
    forbidden: (who: readonly string[] | undefined) =>
      who?.includes("person")
        ? "Only an owner may do that, or whose mail it is."
        : who?.includes("viewer")
        ? "That is for owners and viewers."
        : "Only an owner may do that.",
    scopeMissing: (scope: string | undefined) =>
      scope === undefined ? "No token may do that." : `The token may not do that: it lacks the scope “${scope}”.`,
    unauthorized: "Sign in first.",
    internal: "Something went wrong inside Waypost. The log says more.",
    back: "Back to the overview",
    busy: "Too many live views are open.",
    badInput: (problem: string) => `The request is not right: ${problem}`,
  },
};
