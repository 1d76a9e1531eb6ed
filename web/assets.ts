/**
 * The files that browsers load: a list, not a folder, so that nothing else can be asked for. Our own come from web/, the
 * libraries from their packages as they are.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

/** A file as it is served. */
export interface Asset {
  readonly type: string;
  readonly octets: Uint8Array<ArrayBuffer>;
  /** The same, compressed; null where that gains nothing. */
  readonly gzip: Uint8Array<ArrayBuffer> | null;
  /** Changes with the content; part of its address, so that browsers may keep it for ever. */
  readonly version: string;
}

const JS = "text/javascript; charset=utf-8";
const CSS = "text/css; charset=utf-8";
const SVG = "image/svg+xml";

/** name: its type and the files that it is joined from, relative to this one. */
const FILES: Readonly<Record<string, { readonly type: string; readonly files: readonly string[] }>> = {
  "app.css": {
    type: CSS,
    files: [
      "base",
      "layout",
      "tabs",
      "health",
      "house",
      "phases",
      "traffic",
      "lists",
      "queue-tools",
      "detail",
      "letter",
      "journey",
      "mailboxes",
      "forms",
      "access",
      "setup",
      "setup-small",
      "servers",
    ]
      .map((name) => `styles/${name}.css`),
  },
  "app.js": { type: JS, files: ["scripts/app.js"] },
  "times.js": { type: JS, files: ["scripts/times.js"] },
  "house.js": { type: JS, files: ["scripts/house.js"] },
  "chart.js": { type: JS, files: ["scripts/chart.js"] },
  "htmx.js": { type: JS, files: ["../node_modules/htmx.org/dist/htmx.min.js"] },
  "htmx-sse.js": { type: JS, files: ["../node_modules/htmx-ext-sse/dist/sse.min.js"] },
  "uplot.js": { type: JS, files: ["../node_modules/uplot/dist/uPlot.iife.min.js"] },
  "uplot.css": { type: CSS, files: ["../node_modules/uplot/dist/uPlot.min.css"] },
  "icons.svg": { type: SVG, files: ["icons.svg"] },
  "mark.svg": { type: SVG, files: ["mark.svg"] },
};

const read = new Map<string, Asset>();

/** The names of all assets. */
export const ASSET_NAMES: readonly string[] = Object.keys(FILES);

/** The asset of a name, or null. Read once, when it is first asked for. */
export function assetOf(name: string): Asset | null {
  const known = read.get(name);
  if (known) return known;
  if (!Object.hasOwn(FILES, name)) return null;
  const { type, files } = FILES[name]!;
  const octets = new Uint8Array(Buffer.concat(files.map((file) => readFileSync(new URL(file, import.meta.url)))));
  const gzip = new Uint8Array(gzipSync(octets));
  const version = createHash("sha256").update(octets).digest("base64url").slice(0, 12);
  const asset: Asset = { type, octets, gzip: gzip.length < octets.length ? gzip : null, version };
  read.set(name, asset);
  return asset;
}

/** The address of an asset, with its version. */
export function assetUrl(name: string): string {
  const asset = assetOf(name);
  if (!asset) throw new RangeError(`there is no asset ${JSON.stringify(name)}`);
  return `/assets/${name}?v=${asset.version}`;
}
