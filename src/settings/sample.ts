import { formatSettingError, loadSettings, type Settings } from "../settings.ts";

/** What tests take for the content of a PEM file of certificates. */
export const CERTIFICATE = "-----BEGIN CERTIFICATE-----\n";

/** What tests take for the content of a PEM file with a private key. */
export const PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\n";

/** The text of a settings file, the other files by their path, and the environment. */
export type Sample = [toml: string, files?: Record<string, string>, env?: Record<string, string>];

/** The settings of /etc/waypost/waypost.toml in a file system of its own; Waypost is started in /srv. */
export function loadSample(...[toml, files = {}, env = {}]: Sample): ReturnType<typeof loadSettings> {
  const all: Record<string, string> = { "/etc/waypost/waypost.toml": toml, ...files };
  return loadSettings("/etc/waypost/waypost.toml", env, {
    readFile: (path) => readFrom(all, path),
    workDir: "/srv",
    runtime: "node",
  });
}

/** The content of a file in a file system that is a record. @throws as node:fs does when there is no such file */
export function readFrom(files: Readonly<Record<string, string>>, path: string): string {
  const content = files[path];
  if (content === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: "ENOENT" });
  return content;
}

/** The settings, which must be right. */
export function settingsOf(...sample: Sample): Settings {
  const loaded = loadSample(...sample);
  if ("errors" in loaded) throw new Error(loaded.errors.map(formatSettingError).join("\n"));
  return loaded.settings;
}

/** The errors as they are shown, the file called w.toml. */
export function errorsOf(...sample: Sample): string[] {
  const loaded = loadSample(...sample);
  return "errors" in loaded ? loaded.errors.map((error) => formatSettingError({ ...error, file: "w.toml" })) : [];
}
