/** What requests about users and tokens may ask. */
import * as v from "valibot";
import { ROLES, SCOPES } from "../identity/roles.ts";
import { parseDuration } from "../settings/units.ts";
import { given, idSchema, oneOf, wrong } from "./input.ts";

const DURATION = "a duration such as 90d";
/** The longest time that a token may be made for, milliseconds; one for ever is made without. */
const LONGEST_MS = 3_660 * 86_400_000;

const name = v.pipe(v.string(), v.maxLength(256));
const flag = v.optional(
  v.union([
    v.boolean(),
    v.pipe(v.picklist(["true", "on"]), v.transform(() => true)),
    v.pipe(v.picklist(["false", ""]), v.transform(() => false)),
  ], (issue) => wrong(issue, "true or false")),
  false,
);

/** A user as wanted; a person with its account. */
export const userBody = v.object({
  name,
  role: v.picklist(ROLES, (issue) => wrong(issue, oneOf(ROLES))),
  account: given(v.pipe(v.string(), v.maxLength(255)), "the login of an account"),
  byAccountPassword: flag,
});

/** What of a user is changed. */
export const roleBody = v.omit(userBody, ["name"]);

/** Which user is meant. */
export const nameBody = v.object({ name });

/** A token as wanted; `works`: how long it does, for ever without. */
export const tokenBody = v.pipe(
  v.object({
    name,
    scopes: v.array(v.picklist(SCOPES, (issue) => wrong(issue, oneOf(SCOPES)))),
    works: given(
      v.pipe(
        v.string(),
        v.check((text) => {
          const ms = parseDuration(text);
          return ms !== undefined && ms > 0 && ms <= LONGEST_MS;
        }, (issue) => wrong(issue, DURATION)),
      ),
      DURATION,
    ),
  }),
  v.transform(({ works, ...token }) => ({ ...token, worksMs: works === undefined ? null : parseDuration(works)! })),
);

/** Which token is meant. */
export const tokenParam = v.object({ id: idSchema });

/** Which browser is to be signed out; none: all of the user. */
export const browserBody = v.object({
  key: given(v.pipe(v.string(), v.regex(/^[\w-]{16}$/, "expected the key of a browser")), "the key of a browser"),
});

/** The path of one browser. */
export const browserParam = v.object({
  key: v.pipe(v.string(), v.regex(/^[\w-]{16}$/, "expected the key of a browser")),
});

/** The form by which somebody changes the own password. */
export const passwordForm = v.object({
  current: v.pipe(v.string(), v.maxLength(1024)),
  password: v.pipe(v.string(), v.maxLength(1024)),
  again: v.pipe(v.string(), v.maxLength(1024)),
});
