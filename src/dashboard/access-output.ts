/** What the API gives of users, tokens and browsers. */
import * as v from "valibot";
import { ROLES, SCOPES } from "../identity/roles.ts";
import { count, id, time, timeOrNull } from "./output.ts";

/** Users. */
export const users = v.object({
  users: v.array(v.object({
    name: v.string(),
    role: v.picklist(ROLES),
    account: v.nullable(v.string()),
    signsIn: v.picklist(["password", "account-password", "code"]),
    codeExpiresAt: timeOrNull,
    createdAt: time,
    browsers: count,
  })),
});

/** A one-time code. */
export const code = v.object({ code: v.nullable(v.string()) });

/** Tokens. */
export const tokens = v.object({
  tokens: v.array(v.object({
    id,
    name: v.string(),
    scopes: v.array(v.picklist(SCOPES)),
    createdAt: time,
    createdBy: v.nullable(v.string()),
    expiresAt: timeOrNull,
    lastUsedAt: timeOrNull,
    isExpired: v.boolean(),
  })),
});

/** A new token. */
export const token = v.object({ token: v.string() });

/** Browsers. */
export const browsers = v.object({
  browsers: v.array(v.object({
    key: v.string(),
    signedInAt: time,
    lastSeenAt: timeOrNull,
    browser: v.nullable(v.string()),
    address: v.nullable(v.string()),
    isThis: v.boolean(),
  })),
});

/** That something was changed. */
export const changed = v.object({ changed: v.literal(true) });
/** That something was removed. */
export const removed = v.object({ removed: v.literal(true) });
/** How many browsers were signed out. */
export const ended = v.object({ ended: count });
