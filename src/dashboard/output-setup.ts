/** What the API gives of everything that is set up. */
import * as v from "valibot";
import { count, id, idOrNull, textOrNull, time, timeOrNull } from "./output.ts";

const value = v.pipe(
  v.record(v.string(), v.unknown()),
  v.description("The keys as the settings file would have them, without secrets"),
);

const entryFields = {
  name: v.pipe(v.nullable(v.string()), v.description("The login or name; null for a route of the file")),
  state: v.picklist(["used", "shadowed", "broken"]),
  origin: v.picklist(["file", "database"]),
  file: textOrNull,
  line: v.nullable(count),
  changedAt: timeOrNull,
  value,
};

/** An entry. */
export const entry = v.object(entryFields);

/** All accounts. */
export const accounts = v.object({
  accounts: v.array(v.object({
    ...entryFields,
    login: v.string(),
    canLogIn: v.boolean(),
    hasScram: v.boolean(),
    addresses: v.array(v.string()),
    upstream: textOrNull,
    sources: v.array(v.object({ name: v.string(), host: v.string(), mode: v.picklist(["keep", "delete"]) })),
    isAdopted: v.boolean(),
  })),
});

const waiting = v.array(v.object({
  address: v.string(),
  isPrivate: v.boolean(),
  helo: v.string(),
  sender: v.string(),
  recipient: textOrNull,
  attempts: count,
  firstAt: time,
  lastAt: time,
  dismissedAt: timeOrNull,
}));

/** All devices, and who waits. */
export const devices = v.object({
  devices: v.array(v.object({
    ...entryFields,
    networks: v.array(v.string()),
    addresses: v.array(v.string()),
    upstream: textOrNull,
    rules: v.pipe(v.array(v.string()), v.description("Its other rules in words")),
  })),
  allowedWithoutAuth: v.array(v.string()),
  waiting,
  dismissed: waiting,
});

/** All routes. */
export const routes = v.object({
  routes: v.array(v.object({
    ...entryFields,
    number: count,
    via: v.array(v.string()),
    canMove: v.object({ up: v.boolean(), down: v.boolean() }),
  })),
});

/** The way that a message would take. */
export const way = v.object({
  by: v.picklist(["route", "account", "device", "first", "none"]),
  route: v.pipe(v.nullable(count), v.description("The number of the route that decides, from 1")),
  upstreams: v.array(v.object({ name: v.string(), use: v.picklist(["used", "senders", "missing"]) })),
});

/** The name of an entry that was added. */
export const added = v.object({ name: v.string() });
/** Whether there was anything to change. */
export const changed = v.object({ changed: v.boolean() });

const problems = v.array(v.object({
  file: v.optional(v.string()),
  line: v.optional(count),
  key: v.string(),
  value: v.string(),
  expected: v.string(),
}));

/** Whether the settings are in force, and else why not. */
export const reloaded = v.object({ reloaded: v.boolean(), problems });

/** The settings. */
export const settings = v.object({
  file: textOrNull,
  problems,
  isChanged: v.pipe(v.boolean(), v.description("The file has changed since it was read")),
  awaitsStart: v.pipe(v.array(v.string()), v.description("Settings that count from the next start on")),
  sections: v.array(v.object({
    header: v.string(),
    doc: v.string(),
    line: v.nullable(count),
    count: v.nullable(count),
    tables: v.array(v.array(v.object({
      key: v.string(),
      value: v.pipe(v.string(), v.description("As the file would write it; (secret) for secrets")),
      from: v.picklist(["file", "derived", "default"]),
      line: v.nullable(count),
      type: v.string(),
      range: v.string(),
      preset: v.string(),
      doc: v.string(),
    }))),
  })),
});

/** The log of changes. */
export const changes = v.object({
  changes: v.array(v.object({
    id,
    at: time,
    actor: v.string(),
    kind: v.string(),
    name: v.string(),
    action: v.string(),
    changes: v.array(v.object({
      key: v.string(),
      from: v.optional(v.unknown()),
      to: v.optional(v.unknown()),
      secret: v.optional(v.boolean()),
    })),
    note: textOrNull,
  })),
  before: v.pipe(idOrNull, v.description("Where older ones begin; null: there are none")),
});
