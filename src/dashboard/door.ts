/** The pages before the door: the first set-up, signing in and out. */
import { isSameAccount } from "../identity/same-account.ts";
import { type Context, Hono } from "hono";
import { setUpPage, signInPage, welcomePage } from "../../web/views/door.ts";
import { texts } from "../../web/texts.ts";
import { PASSWORD_MIN_LENGTH, redeemCode, UserError } from "../identity/users.ts";
import type { QueryResult } from "../store/queries.ts";
import type { Desk } from "./desk.ts";
import { addressOf, hasAccount, safeNext, signIn, signOut } from "./identity.ts";
import * as input from "./input.ts";
import { createOwner, isSetupCode, isSetupOpen } from "./setup.ts";

const NAME = /^[^\p{Cc}\p{Cs}]{1,64}$/u;
type User = QueryResult<"users">[number];

/** The login under which failures with the set-up code are counted. */
const SETUP_LOGIN = "set-up code";

/** Makes the routes that need no identity. */
export function createDoor(desk: Desk): Hono {
  const app = new Hono();
  const { ports } = desk;

  app.get("/sign-in", async (c) => {
    if (await isSetupOpen(ports)) return c.redirect("/setup", 303);
    return c.html(signInPage({ next: safeNext(c.req.query("next")), name: "", problem: null }));
  });
  app.post("/sign-in", (c) => tryToSignIn(c, desk));

  app.get("/setup", async (c) => {
    if (!await isSetupOpen(ports)) return c.redirect("/sign-in", 303);
    const code = (c.req.query("code") ?? "").slice(0, 64);
    return c.html(setUpPage({ code, name: "", problem: null, minLength: PASSWORD_MIN_LENGTH }));
  });
  app.post("/setup", (c) => tryToSetUp(c, desk));

  app.get(
    "/welcome",
    (c) => c.html(welcomePage({ name: "", code: "", problem: null, minLength: PASSWORD_MIN_LENGTH })),
  );
  app.post("/welcome", (c) => tryToRedeem(c, desk));

  app.post("/sign-out", async (c) => {
    await signOut(c, ports);
    return c.redirect("/sign-in", 303);
  });
  return app;
}

async function tryToSignIn(c: Context, desk: Desk): Promise<Response> {
  const { ports, throttle } = desk;
  const form = input.read(input.signInForm, await c.req.parseBody());
  const next = safeNext(form.next);
  const again = (status: 401 | 429, problem: string) => c.html(signInPage({ next, name: form.name, problem }), status);

  const attempt = { address: addressOf(c), login: form.name };
  const waitMs = throttle.delayMs(attempt, ports.clock.now());
  if (waitMs > 0) return refuseToWait(c, waitMs, (problem) => again(429, problem));
  const user = await userOf(desk, form, attempt.address);
  // Asked again: many may have come at once, and all been let in to the check before the first of them failed.
  const lateMs = throttle.delayMs(attempt, ports.clock.now());
  if (!user) throttle.failed(attempt, ports.clock.now());
  if (lateMs > 0) return refuseToWait(c, lateMs, (problem) => again(429, problem));
  if (!user) return again(401, texts.signIn.wrong);
  throttle.succeeded(attempt, ports.clock.now());
  await signIn(c, ports, user.name);
  return c.redirect(next, 303);
}

/** The user of a name and a password, or null. */
async function userOf(
  { ports, passwords }: Desk,
  { name, password }: { readonly name: string; readonly password: string },
  address: string,
): Promise<User | null> {
  const wanted = name.trim().normalize("NFC");
  const users = await ports.store.read("users", null);
  const user = users.find((row) => row.name === wanted) ?? users.find((row) => isLoginOf(row, wanted));
  const byAccount = user?.byAccountPassword === true ? user.account : null;
  const hash = byAccount === null && user?.passwordHash ? user.passwordHash : undefined;
  // A name that is not known takes as long as one that is.
  const isRight = byAccount === null
    ? await passwords.check(password, hash)
    : await ports.isAccountPassword({ login: byAccount, password, address });
  if (!isRight || !user) return null;
  return user.role === "person" && !hasAccount(ports, user.account) ? null : user;
}

/** Whether a person who signs in with the account's password is meant by the login, in whatever case. */
function isLoginOf({ byAccountPassword, account }: User, wanted: string): boolean {
  return byAccountPassword === true && account !== null && isSameAccount(account, wanted);
}

async function tryToRedeem(c: Context, { ports, throttle }: Desk): Promise<Response> {
  const form = input.read(input.setUpForm, await c.req.parseBody());
  const name = form.name.trim().normalize("NFC");
  const again = (status: 400 | 401 | 429, problem: string) =>
    c.html(welcomePage({ name, code: form.code, problem, minLength: PASSWORD_MIN_LENGTH }), status);
  const attempt = { address: addressOf(c), login: name };
  const waitMs = throttle.delayMs(attempt, ports.clock.now());
  if (waitMs > 0) return refuseToWait(c, waitMs, (problem) => again(429, problem));
  if (form.password !== form.again) return again(400, texts.setUp.differ);
  if (form.password.length < PASSWORD_MIN_LENGTH) return again(400, texts.setUp.short(PASSWORD_MIN_LENGTH));
  try {
    await redeemCode(ports, { name, code: form.code, password: form.password });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throttle.failed(attempt, ports.clock.now());
    return again(401, texts.welcome.wrongCode);
  }
  throttle.succeeded(attempt, ports.clock.now());
  await signIn(c, ports, name);
  return c.redirect("/", 303);
}

async function tryToSetUp(c: Context, { ports, throttle }: Desk): Promise<Response> {
  if (!await isSetupOpen(ports)) return c.redirect("/sign-in", 303);
  const form = input.read(input.setUpForm, await c.req.parseBody());
  const name = form.name.trim().normalize("NFC");
  const again = (status: 400 | 401 | 429, problem: string) =>
    c.html(setUpPage({ code: form.code, name, problem, minLength: PASSWORD_MIN_LENGTH }), status);

  const attempt = { address: addressOf(c), login: SETUP_LOGIN };
  const waitMs = throttle.delayMs(attempt, ports.clock.now());
  if (waitMs > 0) return refuseToWait(c, waitMs, (problem) => again(429, problem));
  if (!await isSetupCode(ports, form.code)) {
    throttle.failed(attempt, ports.clock.now());
    return again(401, texts.setUp.wrongCode);
  }
  if (!NAME.test(name)) return again(400, texts.setUp.noName);
  if (form.password.length < PASSWORD_MIN_LENGTH) return again(400, texts.setUp.short(PASSWORD_MIN_LENGTH));
  if (form.password !== form.again) return again(400, texts.setUp.differ);
  if (!await createOwner(ports, { name, password: form.password, code: form.code })) {
    return again(401, texts.setUp.wrongCode);
  }
  await signIn(c, ports, name);
  return c.redirect("/", 303);
}

function refuseToWait(
  c: Context,
  waitMs: number,
  answer: (problem: string) => Response | Promise<Response>,
): Response | Promise<Response> {
  const seconds = Math.ceil(waitMs / 1000);
  c.header("retry-after", String(seconds));
  return answer(texts.signIn.wait(seconds));
}
