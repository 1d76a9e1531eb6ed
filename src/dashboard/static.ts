import { Hono } from "hono";
import { assetOf } from "../../web/assets.ts";
import { texts } from "../../web/texts.ts";
import { DashboardError } from "./errors.ts";

/** Serves the files of web/assets.ts: for ever under an address with their version, else to be asked for again. */
export function createStatic(): Hono {
  const app = new Hono();
  app.get("/:name", (c) => {
    const asset = assetOf(c.req.param("name"));
    if (!asset) throw new DashboardError(404, "NOT_FOUND", texts.errors.notFound);
    const etag = `"${asset.version}"`;
    c.header("etag", etag);
    c.header("vary", "accept-encoding");
    c.header(
      "cache-control",
      c.req.query("v") === asset.version ? "public, max-age=31536000, immutable" : "no-cache",
    );
    if (c.req.header("if-none-match")?.split(/\s*,\s*/).includes(etag)) return c.body(null, 304);
    c.header("content-type", asset.type);
    const takesGzip = /\bgzip\b/.test(c.req.header("accept-encoding") ?? "");
    if (!asset.gzip || !takesGzip) return c.body(asset.octets);
    c.header("content-encoding", "gzip");
    return c.body(asset.gzip);
  });
  return app;
}
