/** Texts of forms, and of the fields of entries. */
import { numbers } from "./words.ts";

export const forms = {
  optional: "optional",
  more: "More settings",
  now: "It is now:",
  nothing: "nothing",
  none: "none",
  byRoutes: "the first one",
  standard: (preset: string) => `as usual: ${preset}`,
  wrong: (value: string, expected: string) => `${value} is not right, expected ${expected}.`,
  missing: (expected: string) => `Something is missing here, expected ${expected}.`,
  wrongFields: (number: number) =>
    number === 1 ? "One field is not right yet." : `${numbers.format(number)} fields are not right yet.`,
  save: "Save",
  add: "Add",
  cancel: "Cancel",
  removeTitle: "Remove …",
  removeSure: "Yes, remove",
  yes: "yes",
  no: "no",
  readOnly: "It stands in the settings file, where it is changed. The server reads the file anew at Settings.",
  place: (file: string, line: number | null) => line === null ? file : `${file} line ${line}`,
  conflicts: {
    file: "There is one of that name in the settings file already: what stands there is changed there.",
    exists: "There is one of that name already. Choose another name.",
    missing: "It is not there any more: somebody has removed it.",
    changed:
      "Somebody else has changed it since you opened it. What you entered stands below, with what it is now; save once " +
      "more to put yours in its place.",
  },
  done: {
    added: "It was added and is in use.",
    changed: "It was changed, and the change is in use.",
    removed: "It was removed.",
    moved: "The order was changed, and is in use.",
    password: "The new password is in use.",
    dismissed: "It is not shown as waiting any more.",
    restored: "It is shown as waiting again.",
    reloaded: "The settings were read anew and are in use.",
    none: "There was nothing to do any more.",
  },
  /** Of each kind of entry: what its keys are called. */
  labels: {
    account: {
      login: "Login",
      password: "Password",
      addresses: "May send as",
      upstream: "Sends by",
    },
    device: {
      name: "Name",
      networks: "Addresses",
      addresses: "May send as",
      from: "Goes out as",
      upstream: "Sends by",
      owner: "Reports go to",
      messages_per_minute: "Messages a minute",
      messages_per_hour: "Messages an hour",
      max_message_size: "Largest message",
      min_tls: "Oldest TLS",
      bare_lf: "Takes bare LF",
    },
    route: {
      sender: "From",
      recipient: "To",
      account: "Sent by the account",
      device: "Sent by the device",
      min_size: "At least",
      max_size: "At most",
      via: "Goes by",
    },
  },
  /** Hints of our own, where that of the settings is about the file. */
  hints: {
    lines: "One a line.",
    fixed: "It is what everything else knows it by, and stays.",
    via: (upstreams: string) => `Upstreams in the order in which they are tried, one a line. There is ${upstreams}.`,
    noUpstreams: "There is no upstream yet: add one first.",
  },
} as const;
