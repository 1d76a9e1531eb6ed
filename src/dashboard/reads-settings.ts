/** The settings and the log of changes, as pages and API show them. */
import type { AuditDetail } from "../identity/audit.ts";
import { reportSettings, settingsTable } from "../settings.ts";
import type { ChangeModel, SettingsModel } from "../../web/entry-models.ts";
import type { DashboardPorts } from "./ports.ts";

/** Lists that have pages of their own. */
const ELSEWHERE = ["account", "device", "route", "upstream"];

/** Every setting, where it comes from, and what is wrong with the file as it is now. */
export function readSettings({ settings }: Pick<DashboardPorts, "settings">): SettingsModel {
  const current = settings.current();
  const now = settings.look();
  return {
    file: current.written.file ?? null,
    problems: "errors" in now ? now.errors : [],
    isChanged: !("errors" in now) && now.written.digest !== current.written.digest,
    sections: reportSettings(settingsTable, current.written, current.settings, ELSEWHERE),
  };
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
