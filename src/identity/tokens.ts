/** Tokens by which programs use the API: each may do what its scopes say. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Store } from "../store/store.ts";
import { noteAudit } from "./audit.ts";
import { type Scope, SCOPES } from "./roles.ts";

const TOKEN_OCTETS = 32;
/** What every token begins with: those who look for secrets in files know it by that. */
const PREFIX = "waypost_";
const NAME = /^[^\p{Cc}\p{Cs}]{1,64}$/u;
/** A use is noted this seldom. */
const USE_NOTED_EVERY_MS = 10 * 60_000;

/** Why a token cannot be made or removed. */
export type TokenProblem = "bad-name" | "name-taken" | "no-scope" | "no-token";

const MESSAGES: Readonly<Record<TokenProblem, string>> = {
  "bad-name": "a token's name has 1 to 64 characters, none of them a control character",
  "name-taken": "there is a token of that name already",
  "no-scope": `a token needs a scope: ${SCOPES.join(", ")}`,
  "no-token": "there is no such token",
};

/** A request about a token that cannot be done: why, for programs and for people. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  readonly problem: TokenProblem;

  constructor(problem: TokenProblem) {
    super(MESSAGES[problem]);
    this.problem = problem;
  }
}

/** What it takes to change tokens. */
export interface TokenPorts {
  readonly store: Pick<Store, "read" | "write">;
  readonly clock: { now(): number };
  readonly randomBytes: (length: number) => Uint8Array;
  readonly nextId: () => number;
  /** Who asks, for the log of changes: a user's name, or "command". */
  readonly actor: string;
}

/** A token as wanted. */
export interface WantedToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** How long it works, milliseconds; null: for ever. */
  readonly worksMs: number | null;
  /** The dashboard's user who makes it; null: the command line does. */
  readonly createdBy: string | null;
}

/** A token as lists show it. */
export interface TokenModel {
  readonly id: number;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly createdBy: string | null;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly isExpired: boolean;
}

/** Makes a token. @returns the token itself, which is kept nowhere @throws TokenError */
export async function addToken(ports: TokenPorts, wanted: WantedToken): Promise<string> {
  const name = wanted.name.trim().normalize("NFC");
  if (!NAME.test(name)) throw new TokenError("bad-name");
  const scopes = SCOPES.filter((scope) => wanted.scopes.includes(scope));
  if (scopes.length === 0) throw new TokenError("no-scope");
  const token = PREFIX + Buffer.from(ports.randomBytes(TOKEN_OCTETS)).toString("base64url");
  const now = ports.clock.now();
  const isNew = await ports.store.write("addToken", {
    id: ports.nextId(),
    name,
    tokenHash: hashToken(token),
    scopes: scopes.join(" "),
    createdAt: now,
    createdBy: wanted.createdBy,
    expiresAt: wanted.worksMs === null ? null : now + wanted.worksMs,
  });
  if (!isNew) throw new TokenError("name-taken");
  await noteAudit(
    ports.store,
    { kind: "token", name, action: "added", detail: { note: scopes.join(", ") } },
    ports.actor,
    now,
  );
  return token;
}

/** All tokens, the oldest first. */
export async function listTokens({ store, clock }: Pick<TokenPorts, "store" | "clock">): Promise<TokenModel[]> {
  const rows = await store.read("tokens", null);
  return rows.map(({ tokenHash: _, scopes, ...row }) => ({
    ...row,
    scopes: scopesOf(scopes),
    isExpired: row.expiresAt !== null && row.expiresAt <= clock.now(),
  }));
}

/** Removes a token. @throws TokenError */
export async function removeToken(
  { store, clock, actor }: Pick<TokenPorts, "store" | "clock" | "actor">,
  id: number,
): Promise<void> {
  const name = (await store.read("tokens", null)).find((row) => row.id === id)?.name ?? "";
  if (!await store.write("removeToken", { id })) throw new TokenError("no-token");
  await noteAudit(store, { kind: "token", name, action: "removed" }, actor, clock.now());
}

/** The name and scopes of a token that works now, or null; its use is noted. */
export async function checkToken(
  { store, clock }: Pick<TokenPorts, "store" | "clock">,
  token: string,
): Promise<{ readonly name: string; readonly scopes: ReadonlySet<Scope> } | null> {
  if (!token.startsWith(PREFIX)) return null;
  const found = await store.read("tokenOf", { tokenHash: hashToken(token) });
  if (!found) return null;
  const { token: row, user } = found;
  const now = clock.now();
  if (row.expiresAt !== null && row.expiresAt <= now) return null;
  // What somebody made who is no owner any more is worth nothing any more.
  if (row.createdBy !== null && user?.role !== "owner") return null;
  if (row.lastUsedAt === null || now - row.lastUsedAt > USE_NOTED_EVERY_MS) {
    await store.write("noteTokenUsed", { id: row.id, at: now });
  }
  return { name: row.name, scopes: new Set(scopesOf(row.scopes)) };
}

function scopesOf(text: string): Scope[] {
  const words = new Set(text.split(" "));
  return SCOPES.filter((scope) => words.has(scope));
}

function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
