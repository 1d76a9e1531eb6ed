/** Longest name of a file, in characters: file systems take 255 octets. */
const MAX_LENGTH = 120;
/** What must not stand in a name of a file on some system, or turns the order in which it is read. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}/\\:*?"<>|]+/gu;

/** A name for a file, of what the sender of a message says: without a path, without what deceives. */
export function safeFileName(name: string, fallback: string): string {
  const plain = name.replace(/^.*[/\\]/s, "").replace(UNSAFE, "_").replace(/^[.\s]+|[.\s]+$/g, "");
  if (plain === "" || /^_+$/.test(plain)) return fallback;
  if (plain.length <= MAX_LENGTH) return plain;
  const ending = /\.[^.]{1,10}$/.exec(plain)?.[0] ?? "";
  return `${plain.slice(0, MAX_LENGTH - ending.length).replace(/[\ud800-\udbff]$/, "")}${ending}`;
}

/** The value of Content-Disposition by which a browser saves a file under a name, and never shows it. RFC 6266, RFC 8187. */
export function dispositionOf(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]/g, "_").replace(/["\\%]/g, "_");
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
