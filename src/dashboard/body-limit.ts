import type { MiddlewareHandler } from "hono";
import { texts } from "../../web/texts.ts";
import { DashboardError } from "./errors.ts";

/**
 * Refuses a body of more than `maxOctets` with 413. Where the client does not say how long it is, it is read up to there;
 * none at all is an empty one. (What hono has for this copies the request of its Node server, which is none to a runtime.)
 */
export function limitBody(maxOctets: number): MiddlewareHandler {
  return async (c, next) => {
    const { headers, body, method, url } = c.req.raw;
    const length = headers.has("transfer-encoding") ? null : headers.get("content-length");
    if (length !== null) {
      if (Number(length) > maxOctets) throw tooLarge();
    } else if (body !== null) {
      c.req.raw = new Request(url, { method, headers, body: await readUpTo(body, maxOctets) });
    }
    await next();
  };
}

async function readUpTo(body: ReadableStream<Uint8Array>, maxOctets: number): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let octets = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(pieces);
    octets += value.length;
    if (octets > maxOctets) {
      await reader.cancel();
      throw tooLarge();
    }
    pieces.push(new Uint8Array(value));
  }
}

function tooLarge(): DashboardError {
  return new DashboardError(413, "TOO_LARGE", texts.errors.badInput("it is too long"));
}
