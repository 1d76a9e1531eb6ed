import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createFileAtomic, readFileIfThere } from "../net/files.ts";

/** The file within the data folder that holds the node's name. */
const NODE_FILE = "node";
const READABLE_BY_ALL = 0o644;

/** This node's name among those that share a store: made once, kept in the data folder, so that it knows its own claims. */
export async function nodeName(dataDir: string): Promise<string> {
  const file = join(dataDir, NODE_FILE);
  await createFileAtomic(file, `${randomBytes(6).toString("hex")}\n`, READABLE_BY_ALL);
  return (await readFileIfThere(file))!.trim();
}
