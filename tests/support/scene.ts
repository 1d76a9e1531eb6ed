import { readFileSync } from "node:fs";
import { afterEach } from "vitest";
import { ensureCertificates } from "../../src/net/certificates.ts";
import { startWaypost, temporaryFolder, type Waypost } from "./process.ts";
import { type ScriptedUpstream, startUpstream, type UpstreamScript } from "./scripted-upstream.ts";

/** What a test starts; all of it ends with the test, whatever becomes of it. */
export interface Scene {
  /** A folder of the test's own. */
  folder(): string;
  /** Starts Waypost; in the same folder again for a restart. */
  waypost(folder: string, settings: string): Promise<Waypost>;
  upstream(script?: UpstreamScript): Promise<ScriptedUpstream>;
  /** A certificate for 127.0.0.1 with the CA that signed it, PEM. */
  certificate(): Promise<
    { readonly cert: string; readonly key: string; readonly caPath: string; readonly ca: string }
  >;
  /** Something else to end. */
  atEnd(end: () => unknown): void;
}

/** Makes the scene of a test file's tests: it is struck after each of them. */
export function createScene(strikeAfter: (strike: () => Promise<void>) => void = afterEach): Scene {
  const ends: (() => unknown)[] = [];
  const atEnd = (end: () => unknown) => void ends.push(end);
  strikeAfter(async () => {
    for (let end = ends.pop(); end; end = ends.pop()) await end();
  });
  const folder = () => {
    const made = temporaryFolder();
    atEnd(made.remove);
    return made.path;
  };
  return {
    folder,
    atEnd,
    async waypost(where, settings) {
      const waypost = await startWaypost(where, settings);
      atEnd(() => waypost.kill());
      return waypost;
    },
    async upstream(script) {
      const upstream = await startUpstream(script);
      atEnd(() => upstream.stop());
      return upstream;
    },
    async certificate() {
      const made = await ensureCertificates(folder(), ["127.0.0.1"], Date.now());
      return { ...made, ca: readFileSync(made.caPath, "utf8") };
    },
  };
}
