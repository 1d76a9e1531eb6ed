import type { SettingsSource } from "./dashboard/ports.ts";
import { noteAudit } from "./identity/audit.ts";
import type { LoadedSettings, SettingError, Settings, SettingsOutcome } from "./settings.ts";
import type { Store } from "./store/store.ts";
import type { Clock } from "./wire/clock.ts";

/** Where the settings come from. */
export interface SettingsFile {
  /** What was read for the start. */
  readonly loaded: LoadedSettings;
  /** Reads the file anew. */
  readonly load: () => SettingsOutcome;
}

/** What using other settings needs. */
export interface SettingsUse {
  /** Has all of Waypost use other settings. */
  readonly use: (settings: Settings) => Promise<void>;
  readonly store: Pick<Store, "write">;
  readonly clock: Clock;
}

/**
 * Makes what the dashboard and SIGHUP read the settings by.
 * @param file absent: the settings come from no file, and stay as they are
 */
export function createSettingsSource(
  initial: Settings,
  file: SettingsFile | undefined,
  { use, store, clock }: SettingsUse,
): SettingsSource & { reload(actor: string): Promise<readonly SettingError[]> } {
  const written = { file: undefined, path: undefined, tables: {}, lineOf: () => undefined, digest: "" };
  const started: LoadedSettings = file?.loaded ?? { settings: initial, file: undefined, written };
  let current = started;
  return {
    current: () => current,
    started: () => started,
    look: () => file?.load() ?? current,
    async reload(actor) {
      const next = file?.load() ?? current;
      if ("errors" in next) return next.errors;
      await use(next.settings);
      current = next;
      await noteAudit(store, { kind: "settings", name: "", action: "reloaded" }, actor, clock.now());
      return [];
    },
  };
}
