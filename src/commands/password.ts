import { StringDecoder } from "node:string_decoder";
import process from "node:process";
import { CommandError } from "./command.ts";

/** Where passwords come from. */
export interface PasswordSource {
  /**
   * The next password.
   * @param what what it is for, as in "password for alice@example.net"
   * @param twice whether it is asked for twice, because it is a new one
   * @throws CommandError when none was given, or the two differ
   */
  next(what: string, twice?: boolean): Promise<string>;
}

const LONGEST = 4096;

/** Passwords from standard input, one a line (`fromStdin`), or from the terminal, where they are not shown. */
export function openPasswords(fromStdin: boolean): PasswordSource {
  return fromStdin ? passwordsFromLines(readLines(process.stdin)) : passwordsFromTerminal();
}

/** The lines of a stream of octets, without their line ends. */
export async function* readLines(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let begun = "";
  for await (const piece of stream) {
    begun += typeof piece === "string" ? piece : decoder.write(piece);
    const lines = begun.split("\n");
    begun = lines.pop()!;
    for (const line of lines) yield line.replace(/\r$/, "");
  }
  begun += decoder.end();
  if (begun !== "") yield begun;
}

/** Passwords from lines. */
export function passwordsFromLines(lines: AsyncIterator<string>): PasswordSource {
  return {
    async next(what) {
      const { value, done } = await lines.next();
      if (done || value === "") throw new CommandError(`expected the ${what} on standard input, in a line of its own`);
      return checked(value, what);
    },
  };
}

function passwordsFromTerminal(): PasswordSource {
  const { stdin, stderr } = process;
  return {
    async next(what, twice = false) {
      if (!stdin.isTTY) {
        throw new CommandError(`the ${what} is asked for on a terminal; use --password-stdin in a script`);
      }
      const password = checked(await askHidden(`${what}: `), what);
      if (twice && await askHidden("again: ") !== password) {
        throw new CommandError("the two differ; nothing was changed");
      }
      return password;
    },
  };

  function askHidden(prompt: string): Promise<string> {
    stderr.write(prompt);
    stdin.setRawMode(true);
    stdin.resume();
    const decoder = new StringDecoder("utf8");
    let typed = "";
    return new Promise((resolve, reject) => {
      const onData = (octets: Uint8Array) => {
        for (const character of decoder.write(octets)) {
          if (character === "\r" || character === "\n") return end(() => resolve(typed));
          if (character === "\u0003" || character === "\u0004") {
            return end(() => reject(new CommandError("broken off")));
          }
          if (character === "\u007f" || character === "\b") typed = [...typed].slice(0, -1).join("");
          else typed += character;
        }
      };
      const end = (act: () => void) => {
        stdin.off("data", onData);
        stdin.setRawMode(false);
        stdin.pause();
        stderr.write("\n");
        act();
      };
      stdin.on("data", onData);
    });
  }
}

function checked(password: string, what: string): string {
  if (password === "") throw new CommandError(`no ${what} was given; nothing was changed`);
  if (password.length > LONGEST) throw new CommandError(`the ${what} is longer than ${LONGEST} characters`);
  if (/\p{Cc}/u.test(password)) throw new CommandError(`the ${what} holds a control character; nothing was changed`);
  return password;
}
