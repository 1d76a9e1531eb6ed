/**
 * How commands on this machine find the running server and are let in: it writes its address and a token into the data
 * folder, where only the user that runs it can read them.
 */
import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import type { ShownEndpoint } from "../dashboard/ports.ts";
import { describeError } from "../net/errors.ts";
import { hasErrorCode, readFileIfThere, removeOrLeave, writeFileAtomic } from "../net/files.ts";
import { lockHolder } from "./lock.ts";
import { type ApiRequest, requestApi } from "./request.ts";

/** The file within the data folder. */
export const CONTROL_FILE = "control.json";
const PRIVATE_MODE = 0o600;
const TOKEN_OCTETS = 32;
/** How long the server may take for an answer: it is very busy then, or stuck. */
const ANSWER_MS = 10_000;
/** By what it is asked whether it is there: what it has in memory, so that a busy database keeps nobody waiting. */
const PROBE_PATH = "/api/v1/queue/turns";
/** Addresses that mean "all of this machine": one can listen there, not connect. */
const EVERY_ADDRESS: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** What the file says. */
export interface ControlRecord {
  /** Where the dashboard and its API listen. */
  readonly address: string;
  readonly port: number;
  readonly token: string;
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Where everything listens. */
  readonly endpoints: readonly ShownEndpoint[];
}

/** The server's side. */
export interface Control {
  /** Whether a bearer token is ours; in a time that does not depend on where they differ. */
  isToken(token: string): boolean;
  /** Lets commands find the server. */
  publish(server: Omit<ControlRecord, "token">): Promise<void>;
  /** Takes that back, unless another server has written the file since. */
  withdraw(): Promise<void>;
}

/** Makes the server's side with a new token; nothing is written yet. `random` gives octets that nobody can guess. */
export function createControl(dataDir: string, random: (length: number) => Uint8Array): Control {
  const file = join(dataDir, CONTROL_FILE);
  const token = Buffer.from(random(TOKEN_OCTETS)).toString("base64url");
  return {
    isToken: (given) => timingSafeEqual(digest(given), digest(token)),
    async publish(server) {
      await writeFileAtomic(file, `${JSON.stringify({ ...server, token }, null, 2)}\n`, PRIVATE_MODE);
    },
    async withdraw() {
      if ((await readControl(dataDir))?.token === token) await removeOrLeave(file);
    },
  };
}

/** A request to a running server; it has ANSWER_MS to answer unless it says otherwise. */
export type AskRequest = Omit<ApiRequest, "timeoutMs"> & { readonly timeoutMs?: number };

/** A server that runs and lets us in. */
export interface RunningServer {
  readonly record: ControlRecord;
  /**
   * Asks its API.
   * @returns the body of an answer with status 200
   * @throws ServerError with the server's words when it refuses, or when it does not answer
   */
  ask(request: AskRequest): Promise<unknown>;
}

/** The running server could not do what was asked. `status` is that of HTTP, or 0 when there was no answer. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly status: number;
  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/**
 * Finds the server that runs on a data folder, or null. What a server left behind that was killed is recognised: nothing
 * answers there, or something that does not know the token.
 * @param answerMs how long it may take to answer
 * @throws ServerError when a server is there and does not answer
 */
export async function findServer(dataDir: string, answerMs = ANSWER_MS): Promise<RunningServer | null> {
  const record = await readControl(dataDir);
  if (!record) return null;
  const door = { ...record, address: EVERY_ADDRESS[record.address] ?? record.address };
  try {
    const { status, body } = await requestApi(door, {
      method: "GET",
      path: PROBE_PATH,
      timeoutMs: answerMs,
    });
    if (status === 401 || body === null) return null;
  } catch (cause) {
    const isSlow = (cause as { code?: unknown }).code === "ETIMEDOUT";
    // Where a connection breaks, a server that is there is stopping, or has too many of them.
    if (!isSlow && !hasErrorCode(cause, "ECONNRESET")) return null;
    if (!isSlow && (await lockHolder(dataDir))?.pid !== record.pid) return null;
    const what = isSlow ? `did not answer within ${answerMs / 1000} s: it is very busy, or stuck` : "hung up";
    throw new ServerError(0, `the server (process ${record.pid}) ${what}`, { cause });
  }
  return { record, ask: (request) => ask(door, request) };
}

async function ask(
  door: { readonly address: string; readonly port: number; readonly token: string },
  request: AskRequest,
): Promise<unknown> {
  const answer = await requestApi(door, { timeoutMs: ANSWER_MS, ...request }).catch((cause: unknown) => {
    throw new ServerError(0, `the server did not answer: ${describeError(cause)}`, { cause });
  });
  if (answer.status === 200) return answer.body;
  const said = (answer.body as { error?: { message?: unknown } } | null)?.error?.message;
  throw new ServerError(answer.status, typeof said === "string" ? said : `the server answered ${answer.status}`);
}

/** What the file says, or null when there is none or it is not one of ours. */
async function readControl(dataDir: string): Promise<ControlRecord | null> {
  const text = await readFileIfThere(join(dataDir, CONTROL_FILE));
  if (text === undefined) return null;
  try {
    const record = JSON.parse(text) as Partial<ControlRecord> | null;
    const isWhole = typeof record?.address === "string" && typeof record.port === "number" &&
      typeof record.token === "string" && typeof record.pid === "number" && typeof record.startedAt === "number";
    return isWhole ? { endpoints: [], ...record } as ControlRecord : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
