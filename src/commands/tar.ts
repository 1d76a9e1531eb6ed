/** Tar files of few members, in the form that POSIX calls ustar (IEEE Std 1003.1, pax, "ustar Interchange Format"). */
import { Buffer } from "node:buffer";
import type { FileHandle } from "node:fs/promises";

/** A member to write. */
export interface TarMember {
  /** At most 100 octets. */
  readonly name: string;
  readonly size: number;
  /** Seconds since the epoch. */
  readonly modifiedAtSeconds: number;
  readonly octets: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** What a tar file says of a member, and where its octets begin in the file. */
export interface TarEntry {
  readonly name: string;
  readonly size: number;
  readonly position: number;
}

/** A file that is no tar file, or is damaged. */
export class TarError extends Error {
  override readonly name = "TarError";
}

const BLOCK = 512;
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  owner: [108, 8],
  group: [116, 8],
  size: [124, 12],
  modified: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
} as const;
const MODE = 0o600;
const MAGIC = "ustar\u000000";
/** Sizes beyond eleven octal digits are written in base 256, as all tars in use read them. */
const OCTAL_LIMIT = 8 ** 11;
const BASE_256_MARK = 0x80;

/** Writes members and the end of the tar file. @throws TarError when a member has not the size that it said */
export async function writeTar(
  file: FileHandle,
  members: AsyncIterable<TarMember> | Iterable<TarMember>,
): Promise<void> {
  for await (const member of members) {
    await file.writeFile(headerOf(member));
    let octets = 0;
    for await (const piece of member.octets) {
      octets += piece.length;
      await file.writeFile(piece);
    }
    if (octets !== member.size) throw new TarError(`${member.name} has ${octets} octets, expected ${member.size}`);
    await file.writeFile(Buffer.alloc(paddingOf(octets)));
  }
  await file.writeFile(Buffer.alloc(2 * BLOCK));
}

/** Reads what a tar file holds. @throws TarError */
export async function readTar(file: FileHandle): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  const { size: fileSize } = await file.stat();
  for (let position = 0; position + BLOCK <= fileSize;) {
    const header = Buffer.alloc(BLOCK);
    await file.read(header, 0, BLOCK, position);
    if (header.every((octet) => octet === 0)) return entries;
    const entry = { ...parseHeader(header), position: position + BLOCK };
    position = entry.position + entry.size + paddingOf(entry.size);
    if (position > fileSize) throw new TarError(`it is cut off within ${entry.name}`);
    entries.push(entry);
  }
  throw new TarError("it is no tar file, or is cut off: its end is missing");
}

/** The octets of a member. @throws TarError when the file ends before */
export async function* readMember(file: FileHandle, { name, size, position }: TarEntry): AsyncGenerator<Uint8Array> {
  const pieceOctets = 64 * 1024;
  for (let done = 0; done < size;) {
    const piece = Buffer.alloc(Math.min(pieceOctets, size - done));
    const { bytesRead } = await file.read(piece, 0, piece.length, position + done);
    if (bytesRead === 0) throw new TarError(`it is cut off within ${name}`);
    done += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

function headerOf({ name, size, modifiedAtSeconds }: TarMember): Buffer {
  const header = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > FIELDS.name[1]) throw new TarError(`the name ${name} is too long`);
  const put = ([at, length]: readonly [number, number], text: string) => header.write(text, at, length, "latin1");
  const octal = (field: readonly [number, number], value: number) =>
    put(field, `${value.toString(8).padStart(field[1] - 1, "0")}\0`);
  put(FIELDS.name, name);
  octal(FIELDS.mode, MODE);
  octal(FIELDS.owner, 0);
  octal(FIELDS.group, 0);
  if (size < OCTAL_LIMIT) octal(FIELDS.size, size);
  else {
    header[FIELDS.size[0]] = BASE_256_MARK;
    header.writeUIntBE(size, FIELDS.size[0] + FIELDS.size[1] - 6, 6);
  }
  octal(FIELDS.modified, Math.floor(modifiedAtSeconds));
  put(FIELDS.type, "0");
  put(FIELDS.magic, MAGIC);
  put(FIELDS.checksum, `${checksumOf(header).toString(8).padStart(6, "0")}\0 `);
  return header;
}

function parseHeader(header: Buffer): { readonly name: string; readonly size: number } {
  const text = ([at, length]: readonly [number, number]) =>
    header.toString("latin1", at, at + length).replace(/\0.*$/s, "");
  const octal = (field: readonly [number, number]) => Number.parseInt(text(field).trim() || "x", 8);
  if (octal(FIELDS.checksum) !== checksumOf(header)) throw new TarError("it is no tar file, or is damaged");
  const name = text(FIELDS.name);
  const type = text(FIELDS.type);
  if (type !== "0" && type !== "") throw new TarError(`${name} is no plain file`);
  const [at, length] = FIELDS.size;
  const size = header[at] === BASE_256_MARK ? header.readUIntBE(at + length - 6, 6) : octal(FIELDS.size);
  if (!Number.isSafeInteger(size) || size < 0) throw new TarError(`the size of ${name} cannot be read`);
  return { name, size };
}

/** The sum of the octets of a header, its checksum field taken as blanks. */
function checksumOf(header: Buffer): number {
  const [at, length] = FIELDS.checksum;
  return header.reduce((sum, octet, index) => sum + (index >= at && index < at + length ? 0x20 : octet), 0);
}

function paddingOf(size: number): number {
  return (BLOCK - size % BLOCK) % BLOCK;
}
