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

/** Refuses a form in parts that cannot be read with 400: whoever asks for it, it is no fault of ours, and none for the log. */
export const checkForm: MiddlewareHandler = async (c, next) => {
  if (/^multipart\/form-data\b/i.test(c.req.header("content-type") ?? "")) {
    try {
      // Kept by the request for who reads it next.
      await c.req.parseBody({ all: true });
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw new DashboardError(400, "BAD_INPUT", texts.errors.badInput("expected a form"), { cause });
    }
  }
  await next();
};

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
