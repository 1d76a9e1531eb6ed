import { Buffer } from "node:buffer";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readMember, readTar, TarError, type TarMember, writeTar } from "./tar.ts";

async function fresh() {
  const folder = await mkdtemp(join(tmpdir(), "waypost-tar-"));
  const file = await open(join(folder, "x.tar"), "w+");
  onTestFinished(async () => {
    await file.close();
    await rm(folder, { recursive: true });
  });
  return file;
}

function member(name: string, octets: Uint8Array): TarMember {
  return { name, size: octets.length, modifiedAtSeconds: 1, octets: [octets.subarray(0, 3), octets.subarray(3)] };
}

test.each([0, 1, 511, 512, 513, 100_000])("a member of %i octets comes back as it was", async (size) => {
  const file = await fresh();
  const octets = Buffer.alloc(size, "waypost ");
  await writeTar(file, [member("tls/ca.pem", octets), member("after", Buffer.from("end"))]);
  const entries = await readTar(file);
  expect(entries.map((entry) => [entry.name, entry.size])).toEqual([["tls/ca.pem", size], ["after", 3]]);
  const pieces: Uint8Array[] = [];
  for await (const piece of readMember(file, entries[0]!)) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(octets)).toBe(true);
  expect((await file.stat()).size % 512).toBe(0);
});

test("a member that is not as long as it said is an error", async () => {
  const file = await fresh();
  await expect(writeTar(file, [{ ...member("a", Buffer.from("abcd")), size: 5 }])).rejects.toThrow(
    "4 octets, expected 5",
  );
});

test("a file that was cut off is no tar file", async () => {
  const file = await fresh();
  await writeTar(file, [member("a", Buffer.alloc(2_000, 1))]);
  for (const length of [0, 100, 700, 512 + 2_048]) {
    await file.truncate(length);
    await expect(readTar(file)).rejects.toThrow(TarError);
    await file.truncate(0);
    await writeTarAnew(file);
  }
});

async function writeTarAnew(file: Awaited<ReturnType<typeof fresh>>): Promise<void> {
  const copy = await fresh();
  await writeTar(copy, [member("a", Buffer.alloc(2_000, 1))]);
  const octets = Buffer.alloc((await copy.stat()).size);
  await copy.read(octets, 0, octets.length, 0);
  await file.write(octets, 0, octets.length, 0);
}

test("what is no tar file is said to be none", async () => {
  const file = await fresh();
  await file.writeFile(Buffer.alloc(4_096, "no tar "));
  await expect(readTar(file)).rejects.toThrow("it is no tar file");
});
