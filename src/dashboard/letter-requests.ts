import { type Context, Hono } from "hono";
import * as v from "valibot";
import { formatId } from "../store/ids.ts";
import { letterDocument } from "../../web/views/letter.ts";
import { texts } from "../../web/texts.ts";
import { allow } from "./access.ts";
import { api } from "./api-route.ts";
import type { Desk } from "./desk.ts";
import { DashboardError } from "./errors.ts";
import { dispositionOf } from "./file-name.ts";
import type { DashboardEnv, Identity } from "./identity.ts";
import * as input from "./input.ts";
import * as mailInput from "./input-mail.ts";
import { EMPTY_LETTER, readAttachment, readHtml, readLetter, sliceOf } from "./letter.ts";
import { findLetter, openLetter } from "./letter-access.ts";
import type { LetterModel, LetterView } from "../../web/letter-models.ts";
import * as mailOutput from "./output-mail.ts";
import type { DashboardPorts } from "./ports.ts";

/* What is in a message, by page and by API: its text, its HTML in a frame, its source, what is attached, all of it. */

/** What a letter holds is never a document of the dashboard: it can run nothing, load nothing, be framed nowhere. */
const INERT = "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/**
 * The frame of its HTML: styles as it brings them, pictures that are within the document, and nothing of anywhere. Links open
 * in windows of their own, which have nothing to do with the dashboard.
 */
const FRAMED = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; " +
  "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/** The API's part. */
export function createLetterApi(ports: DashboardPorts): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  const reading = { who: ["owner", "person"], scope: "content", errors: [404] } as const;

  api(app, "get", "/messages/:id/text", {
    ...reading,
    summary: "What is in a message: its fields, its plain text, what is attached",
    params: input.idParam,
    returns: mailOutput.letter,
  }, ({ params: { id }, identity }) => readLetterOf(ports, identity, id));

  api(app, "get", "/messages/:id/content", {
    ...reading,
    summary: "A message, octet for octet",
    params: input.idParam,
    returns: { contentType: "message/rfc822" },
  }, ({ params: { id }, identity }) => download(ports, identity, id));

  api(app, "get", "/messages/:id/source", {
    ...reading,
    summary: "Octets of a message as text, from one on and so many",
    params: input.idParam,
    query: mailInput.sourceQuery,
    returns: { contentType: "text/plain" },
  }, ({ params: { id }, query, identity }) => source(ports, identity, id, query));

  api(app, "get", "/messages/:id/attachments/:number", {
    ...reading,
    summary: "What is attached to a message, without its encoding",
    params: mailInput.attachmentParam,
    returns: { contentType: "application/octet-stream" },
  }, ({ params: { id, number }, identity }) => attachment(ports, identity, id, number));

  return app;
}

/** The pages' part. */
export function createLetterPages({ ports }: Desk): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  const readers = allow("owner", "person");
  const idOf = (c: Context) => input.read(input.idParam, c.req.param()).id;

  app.get("/messages/:id/content", readers, (c) => download(ports, c.get("identity"), idOf(c)));

  app.get("/messages/:id/source", readers, (c) => {
    return source(ports, c.get("identity"), idOf(c), input.read(mailInput.sourceQuery, c.req.query()));
  });

  app.get("/messages/:id/attachments/:number", readers, (c) => {
    const { id, number } = input.read(mailInput.attachmentParam, c.req.param());
    return attachment(ports, c.get("identity"), id, number);
  });

  app.get("/messages/:id/html", readers, async (c) => {
    const letter = await openLetter(ports, c.get("identity"), idOf(c));
    const safe = await readHtml(letter.octets(), true);
    if (!safe) throw new DashboardError(404, "NOT_FOUND", texts.letter.noHtml);
    c.header("content-security-policy", FRAMED);
    c.header("x-frame-options", "SAMEORIGIN");
    return c.html(letterDocument(safe));
  });

  return app;
}

/** What is in a message, as far as it is here and for who asks. @throws DashboardError 404, StoreError */
export async function readLetterOf(ports: DashboardPorts, identity: Identity, id: number): Promise<LetterModel> {
  const { state, octets } = await findLetter(ports, identity, id);
  return state === "here" ? await readLetter(octets()) : { ...EMPTY_LETTER, state };
}

/** The same for its page: with what stands in its HTML. @throws DashboardError 404, StoreError */
export async function readLetterPage(ports: DashboardPorts, identity: Identity, id: number): Promise<LetterView> {
  const letter = await readLetterOf(ports, identity, id);
  const html = letter.hasHtml ? await readHtml(ports.mail.octets(id), false) : null;
  return { ...letter, links: html?.links ?? [], blocked: html?.blocked ?? 0 };
}

async function download(ports: DashboardPorts, identity: Identity, id: number): Promise<Response> {
  const { size, octets } = await openLetter(ports, identity, id);
  return new Response(streamOf(octets()), {
    headers: {
      "content-type": "message/rfc822",
      "content-length": String(size),
      "content-disposition": dispositionOf(`${formatId(id)}.eml`),
      "content-security-policy": INERT,
    },
  });
}

async function source(
  ports: DashboardPorts,
  identity: Identity,
  id: number,
  { from, octets: length }: v.InferOutput<typeof mailInput.sourceQuery>,
): Promise<Response> {
  const { octets } = await openLetter(ports, identity, id);
  return new Response(streamOf(sliceOf(octets(), from, length)), {
    headers: { "content-type": "text/plain; charset=utf-8", "content-security-policy": INERT },
  });
}

async function attachment(ports: DashboardPorts, identity: Identity, id: number, number: number): Promise<Response> {
  const { octets } = await openLetter(ports, identity, id);
  const found = await readAttachment(octets(), number);
  if (!found) throw new DashboardError(404, "NOT_FOUND", texts.letter.noAttachment);
  return new Response(streamOf(found.octets), {
    headers: {
      // Whatever its sender says that it is: it is saved, never shown.
      "content-type": "application/octet-stream",
      "content-disposition": dispositionOf(found.name),
      "content-security-policy": INERT,
    },
  });
}

function streamOf(octets: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const pieces = octets[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return?.();
    },
  }, { highWaterMark: 0 });
}
