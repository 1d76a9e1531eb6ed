import { Buffer } from "node:buffer";
import { type IncomingMessage, request as httpRequest } from "node:http";

/** An answer of the server's API: its status and its body as JSON, or null where it is none. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A request to the server's API. */
export interface ApiRequest {
  readonly method: "GET" | "POST";
  /** "/api/v1/queue" */
  readonly path: string;
  readonly body?: unknown;
  /** How long the whole answer may take, milliseconds. */
  readonly timeoutMs: number;
}

/** Where the API is, and what opens it. */
export interface ApiDoor {
  readonly address: string;
  readonly port: number;
  readonly token: string;
}

/** The largest answer of the API is that of an action on a whole queue: a row for each of up to a million messages. */
const ANSWER_OCTETS = 64 * 1024 * 1024;

/**
 * Asks the API of a server on this machine. Not by `fetch`: that may send it through the proxy of the environment.
 * @throws Error with the system's `code` when there is no connection or no answer in time
 */
export function requestApi(door: ApiDoor, { method, path, body, timeoutMs }: ApiRequest): Promise<ApiAnswer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      host: door.address,
      port: door.port,
      method,
      path,
      agent: false,
      headers: {
        authorization: `Bearer ${door.token}`,
        accept: "application/json",
        ...(text === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
      },
    }, (answer) => {
      readText(answer).then((received) => {
        clearTimeout(timer);
        resolve({ status: answer.statusCode ?? 0, body: parseJson(received) });
      }, fail);
    });
    const fail = (error: Error) => {
      clearTimeout(timer);
      sent.destroy();
      reject(error);
    };
    const timer = setTimeout(() => {
      fail(Object.assign(new Error(`no answer within ${timeoutMs / 1000} s`), { code: "ETIMEDOUT" }));
    }, timeoutMs);
    sent.on("error", fail);
    sent.end(text);
  });
}

async function readText(answer: IncomingMessage): Promise<string> {
  const pieces: Uint8Array[] = [];
  let octets = 0;
  for await (const piece of answer as AsyncIterable<Uint8Array>) {
    octets += piece.length;
    if (octets > ANSWER_OCTETS) throw new Error(`an answer of more than ${ANSWER_OCTETS} octets`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Another program may listen there: what it says is not for us.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
