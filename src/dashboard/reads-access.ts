import type { BrowserModel, UserModel } from "../../web/access-models.ts";
import type { DashboardPorts } from "./ports.ts";

/** Characters of a token's hash by which a browser is named. */
const KEY_LENGTH = 16;

type Ports = Pick<DashboardPorts, "store" | "clock">;

/** The users of the dashboard, the oldest first. */
export async function readUsers({ store, clock }: Ports): Promise<UserModel[]> {
  const now = clock.now();
  const [users, browsers] = await Promise.all([store.read("users", null), store.read("browsers", { now })]);
  return users.map(({ name, role, account, passwordHash, byAccountPassword, codeHash, codeExpiresAt, createdAt }) => ({
    name,
    role,
    account,
    signsIn: byAccountPassword === true ? "account-password" : passwordHash === "" ? "code" : "password",
    codeExpiresAt: codeHash === null ? null : codeExpiresAt,
    createdAt,
    browsers: browsers.filter(({ userName }) => userName === name).length,
  }));
}

/** The browsers of a user that are signed in, those that signed in last first. @param own the hash of the one that asks */
export async function readBrowsers(
  { store, clock }: Ports,
  userName: string,
  own: string | null,
): Promise<BrowserModel[]> {
  const rows = await store.read("browsers", { now: clock.now() });
  return rows.filter((row) => row.userName === userName).map((row) => ({
    key: row.tokenHash.slice(0, KEY_LENGTH),
    signedInAt: row.createdAt,
    lastSeenAt: row.lastSeenAt,
    browser: row.browser,
    address: row.address,
    isThis: row.tokenHash === own,
  }));
}
