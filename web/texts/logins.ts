/** Texts of the page of failed logins. */
import { numbers } from "./words.ts";

export const logins = {
  title: "Logins",
  lead: "Who failed to log in at the mail servers, and who has to wait for it.",
  empty: "Nobody failed to log in lately.",
  columns: { who: "Who", failures: "Failures", state: "Now", action: "Action" },
  address: "Address",
  login: "Login",
  tried: (logins: string) => `tried ${logins}`,
  from: (addresses: string) => `from ${addresses}`,
  failures: (number: number) => numbers.format(Math.round(number)),
  last: "last",
  banned: "refused",
  until: "until",
  slowed: "slowed down",
  next: "next one from",
  free: "free to try",
  behind: "Also everybody else behind this address, except who logged in from there lately.",
  everywhere: "From wherever it comes, except where it succeeded lately.",
  lift: "Lift the ban",
  liftOf: (who: string) => `Lift the ban of ${who}`,
  forget: "Forget",
  forgetOf: (who: string) => `Forget the failures of ${who}`,
  lifted: {
    yes: "It is forgotten: the next login is looked at right away.",
    no: "There was nothing to forget any more.",
  },
  note: "Failures are forgotten with time. How many are free, when a login or an address is refused and for how long " +
    "stands in the settings, at [logins].",
};
