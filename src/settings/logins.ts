import { checkLogins } from "./cross.ts";
import { duration, whole } from "./kinds.ts";
import { group, setting } from "./table.ts";

/** What happens to those who fail to log in at the SMTP and POP3 servers. */
export const logins = group(
  "Failed logins of mail programs, SMTP and POP3 together. They are counted by login, by address and by both together. " +
    "A login that succeeded from an address lately waits there for its own failures alone.",
  {
    free_failures: setting(whole(0, 100, "failures"), 3, "Failures that cost nothing: people mistype."),
    first_delay: setting(
      duration("0s", "1h"),
      "1s",
      "How long the next login has to wait after the first failure beyond these; each further failure doubles it.",
    ),
    max_delay: setting(duration("0s", "1h"), "30s", "The longest such wait."),
    half_life: setting(duration("1m", "7d"), "10m", "Half of the failures are forgotten in this time."),
    ban_login_after: setting(
      whole(0, 10_000, "failures"),
      10,
      "Failures of one login, from wherever, after which it is refused for ban_time; 0: never.",
    ),
    ban_address_after: setting(
      whole(0, 10_000, "failures"),
      20,
      "Failures from one address, whatever the login, after which all logins from there are refused for ban_time; 0: " +
        "never. Where a gateway or proxy hides its clients' addresses that is everybody behind it who has not logged in " +
        "for `known_for`: the log, the overview and the page Logins say so. More than ban_login_after: one device with an " +
        "old password then keeps nobody else out.",
    ),
    ban_time: setting(duration("1m", "7d"), "15m", "How long a ban lasts. The dashboard lifts it sooner."),
    known_for: setting(
      duration("1m", "365d"),
      "1d",
      "How long a login that succeeded from an address is taken to be at home there.",
    ),
  },
  checkLogins,
);
