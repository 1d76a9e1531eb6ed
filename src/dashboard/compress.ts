import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { MiddlewareHandler } from "hono";

/** What is smaller gains nothing: it fits into one packet as it is. */
const LEAST_OCTETS = 1_200;
/** Pages and answers of the API; live events must not wait for more of themselves, and messages are files. */
const COMPRESSED = /^(text\/html|application\/json)\b/;
/** The fastest: pages are made anew each time, and repeat themselves so much that more effort gains little. */
const OPTIONS = { level: constants.Z_BEST_SPEED };

const compress = promisify(gzip);

/** Compresses pages and answers of the API for those who take it: a page becomes a tenth. */
export const compressText: MiddlewareHandler = async (c, next) => {
  await next();
  const { headers, body } = c.res;
  if (!body || !COMPRESSED.test(headers.get("content-type") ?? "") || headers.has("content-encoding")) return;
  headers.append("vary", "accept-encoding");
  if (!/\bgzip\b/.test(c.req.header("accept-encoding") ?? "")) return;
  const octets = new Uint8Array(await c.res.arrayBuffer());
  const isWorthIt = octets.length >= LEAST_OCTETS;
  const given = isWorthIt ? new Uint8Array(await compress(octets, OPTIONS)) : octets;
  const answer = new Response(given, c.res);
  if (isWorthIt) answer.headers.set("content-encoding", "gzip");
  answer.headers.delete("content-length");
  c.res = undefined;
  c.res = answer;
};
