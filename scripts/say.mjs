import process from "node:process";

/** Tells the person at the terminal what takes time. On stderr: stdout belongs to the command that was asked for. */
export function say(text) {
  process.stderr.write(`waypost: ${text}\n`);
}

/** Set-up that cannot be done; the message says what was tried and what the person can do. */
export class SetUpError extends Error {
  name = "SetUpError";
}
