import { choice, duration, flag, size, whole } from "./kinds.ts";
import { group, setting } from "./table.ts";
import { formatDuration } from "./units.ts";

const DAY_MS = 86_400_000;

/** The cached mail: what happens to what clients delete, and how much is kept. */
export const mailbox = group(
  "The cached mail. What is fetched stays until a client deletes it, or until one of the limits below makes room.",
  {
    on_delete: setting(
      choice("delete", "hide"),
      "delete",
      "What a client deletes. `delete`: it is gone for all clients of the account. `hide`: it is gone for the client that " +
        "deleted it, known by the name behind its login (`alice@example.net/phone`) or else by its network address; the " +
        "others still get it.",
    ),
    keep_deleted: setting(
      duration("0s", "3650d"),
      "30d",
      "How long what clients deleted can be restored (`waypost mailbox restore`); 0s: it is removed within the hour.",
    ),
    max_age: setting(
      duration("0s", "36500d"),
      "0s",
      "Mail that came longer ago makes room here; 0s: no limit. Clients are told by EXPIRE (RFC 2449) in whole days, of " +
        "which it must be one at least: EXPIRE 0 would tell them to leave no mail here.",
    ),
    max_size: setting(
      size("0B", "100000GB"),
      "0B",
      "Octets of one mailbox; beyond, the oldest make room; 0B: no limit.",
    ),
    max_messages: setting(
      whole(0, 1_000_000_000, "messages"),
      0,
      "Messages of one mailbox; beyond, the oldest make room; 0: no limit.",
    ),
    remove_unconfirmed: setting(
      flag,
      false,
      "Whether max_age, max_size and max_messages also remove mail of which this may be the only copy: what was deleted " +
        "on its server, was imported, or is not known to be there still. Without, only mail that is still on its " +
        "server makes room, and is never deleted there then.",
    ),
  },
  ({ maxAgeMs }, report) => {
    if (maxAgeMs === undefined || maxAgeMs === 0 || maxAgeMs >= DAY_MS) return;
    report(["max_age"], '"1d" or more, or "0s" for no limit', JSON.stringify(formatDuration(maxAgeMs)));
  },
);
