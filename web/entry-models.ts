/** What the pages of accounts, devices and routes show, and the API gives. */
import type { SettingError, SettingsSection } from "../src/settings.ts";

/** Where an entry stands. */
export interface EntryPlace {
  readonly origin: "file" | "database";
  /** Of the file: its name and the line on which the entry begins. */
  readonly file: string | null;
  readonly line: number | null;
  /** Of the database: when it was changed last; a change has to name it. */
  readonly changedAt: number | null;
}

/** Whether an entry is in use; "shadowed": the file has one of that name; "broken": it cannot be read. */
export type EntryState = "used" | "shadowed" | "broken";

/** An account, device or route. */
export interface EntryModel extends EntryPlace {
  /** The login, the name; of a route what its page is called, null for one of the file. */
  readonly name: string | null;
  readonly state: EntryState;
  /** Its keys as the file would have them, without secrets. */
  readonly value: Readonly<Record<string, unknown>>;
}

/** An account, with what it comes to. */
export interface AccountModel extends EntryModel {
  readonly login: string;
  readonly canLogIn: boolean;
  /** Whether it can log in by SCRAM. */
  readonly hasScram: boolean;
  readonly addresses: readonly string[];
  readonly upstream: string | null;
  readonly sources: readonly { readonly name: string; readonly host: string; readonly mode: "keep" | "delete" }[];
  /** It was made by a login with its upstream's password. */
  readonly isAdopted: boolean;
}

/** A device. */
export interface DeviceModel extends EntryModel {
  readonly networks: readonly string[];
  readonly addresses: readonly string[];
  readonly upstream: string | null;
  /** Its rules beyond these, in a few words each. */
  readonly rules: readonly string[];
}

/** A client that was refused since it did not log in and is no device. */
export interface WaitingDevice {
  readonly address: string;
  readonly isPrivate: boolean;
  readonly helo: string;
  /** "": the null reverse-path. */
  readonly sender: string;
  readonly recipient: string | null;
  readonly attempts: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly dismissedAt: number | null;
}

/** The devices, and who waits. */
export interface DevicesModel {
  readonly devices: readonly DeviceModel[];
  /** Networks that may send without a login as well. */
  readonly allowedWithoutAuth: readonly string[];
  readonly waiting: readonly WaitingDevice[];
  readonly dismissed: readonly WaitingDevice[];
}

/** A route. */
export interface RouteModel extends EntryModel {
  /** From 1, in the order in which routes are tried. */
  readonly number: number;
  readonly via: readonly string[];
  /** It can go up, or down. */
  readonly canMove: { readonly up: boolean; readonly down: boolean };
}

/** What a message is asked about. */
export interface RouteQuestion {
  readonly sender: string;
  readonly recipient: string;
  readonly account: string;
  readonly device: string;
  /** Octets. */
  readonly size: number;
}

/** The way that a message would take, and why. */
export interface RouteAnswer {
  /** What decided. */
  readonly by: "route" | "account" | "device" | "first" | "none";
  /** The number of the route, from 1. */
  readonly route: number | null;
  readonly upstreams: readonly {
    readonly name: string;
    /** "used"; "senders": it does not let us send as the sender; "missing": there is no such upstream. */
    readonly use: "used" | "senders" | "missing";
  }[];
}

/** A row of the log of changes. */
export interface ChangeModel {
  readonly id: number;
  readonly at: number;
  readonly actor: string;
  readonly kind: string;
  readonly name: string;
  readonly action: string;
  readonly changes: readonly {
    readonly key: string;
    readonly from?: unknown;
    readonly to?: unknown;
    readonly secret?: boolean;
  }[];
  readonly note: string | null;
}

/** The settings as their page shows them. */
export interface SettingsModel {
  /** The path of the file that they come from; null: there is none, the defaults hold. */
  readonly file: string | null;
  /** What is wrong with the file as it is now; empty: nothing. */
  readonly problems: readonly SettingError[];
  /** The file has changed since it was read: what is shown is what holds. */
  readonly isChanged: boolean;
  readonly sections: readonly SettingsSection[];
  /** Settings that were changed and count from the next start on, as "[store] url". */
  readonly awaitsStart: readonly string[];
}
