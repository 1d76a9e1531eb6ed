/** The settings and the log of changes, as pages and API show them. */
import type { AuditDetail } from "../identity/audit.ts";
import { type LoadedSettings, reportSettings, type SettingsSection, settingsTable } from "../settings.ts";
import type { ChangeModel, SettingsModel } from "../../web/entry-models.ts";
import type { DashboardPorts } from "./ports.ts";

/** Lists that have pages of their own. */
const ELSEWHERE = ["account", "device", "route", "upstream"];

/** Every setting, where it comes from, and what is wrong with the file as it is now. */
export function readSettings({ settings }: Pick<DashboardPorts, "settings">): SettingsModel {
  const current = settings.current();
  const now = settings.look();
  return {
    file: current.written.path ?? null,
    problems: "errors" in now ? now.errors : [],
    isChanged: !("errors" in now) && now.written.digest !== current.written.digest,
    sections: reportOf(current),
    awaitsStart: keysThatAwaitStart(reportOf(settings.started()), reportOf(current)),
  };
}

function reportOf({ written, settings }: LoadedSettings): SettingsSection[] {
  return reportSettings(settingsTable, written, settings, ELSEWHERE);
}

/** Settings that count at a start alone: whole tables, or keys of one. */
const AT_START: Readonly<Record<string, readonly string[] | "all">> = {
  "": ["data_dir"],
  "[store]": "all",
  "[dashboard]": "all",
  "[telemetry]": "all",
  "[[smtp.listen]]": ["address", "tls"],
  "[[pop3.listen]]": ["address", "tls"],
};

/** Those of them that have changed since, as "[store] url". Pure. */
export function keysThatAwaitStart(started: readonly SettingsSection[], now: readonly SettingsSection[]): string[] {
  return Object.entries(AT_START).flatMap(([header, keys]) => {
    const valuesOf = (sections: readonly SettingsSection[]) =>
      sections.find((section) => section.header === header)?.tables.flat().filter(({ key }) =>
        keys === "all" || keys.includes(key)
      ) ?? [];
    const [before, after] = [valuesOf(started), valuesOf(now)];
    const names = [...new Set([...before, ...after].map(({ key }) => key))];
    return names.filter((name) => {
      const texts = [before, after].map((rows) => rows.filter(({ key }) => key === name).map(({ value }) => value));
      return JSON.stringify(texts[0]) !== JSON.stringify(texts[1]);
    }).map((name) => header === "" ? name : `${header} ${name}`);
  });
}

/** Rows of the log of changes, the newest first, and where older ones begin; null: there are none. */
export async function readChanges(
  { store }: Pick<DashboardPorts, "store">,
  query: { readonly kind?: string | undefined; readonly before?: number | undefined; readonly limit: number },
): Promise<{ readonly changes: ChangeModel[]; readonly next: number | null }> {
  const rows = await store.read("auditLog", { ...query, limit: query.limit + 1 });
  const shown = rows.slice(0, query.limit);
  return { changes: shown.map(changeOf), next: rows.length > query.limit ? shown.at(-1)!.id : null };
}

function changeOf(
  { detail, ...row }: { readonly detail: string } & Omit<ChangeModel, "changes" | "note">,
): ChangeModel {
  const { changes = [], note = null } = JSON.parse(detail) as AuditDetail;
  return { ...row, changes, note };
}
