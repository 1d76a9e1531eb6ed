import process from "node:process";

/** Collects what would end the process: promises that nobody caught, and errors that nobody heard. */
export function watchRejections(): { readonly stop: () => Promise<string[]> } {
  const seen: string[] = [];
  const note = (error: unknown) => void seen.push(error instanceof Error ? String(error.stack) : String(error));
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  return {
    /** Gives what was seen, once the promises of this turn had their time. */
    async stop() {
      await new Promise((resolve) => setTimeout(resolve, 10));
      process.off("unhandledRejection", note);
      process.off("uncaughtException", note);
      return seen;
    },
  };
}
