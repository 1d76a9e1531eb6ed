import type { TurnModel } from "../../web/models.ts";
import type { Awaited } from "./awaited.ts";
import type { FetchPlan } from "../mailbox/owner.ts";
import type { AuditNote } from "../identity/audit.ts";
import type { Directory } from "../identity/directory.ts";
import type { EntryChanges } from "../identity/entry-changes.ts";
import type { FailedLogins, Suspect } from "../identity/throttle.ts";
import type { PhaseRecorder } from "../store/phases.ts";
import type { LaneState } from "../relay/lane-ports.ts";
import type { TestEnvelope, UpstreamTrial } from "../relay/trial.ts";
import type { SourceTrial } from "../mailbox/trial.ts";
import type { Source, Upstream } from "../settings.ts";
import type { RoomState } from "../store/room.ts";
import type { OwnerActions } from "../relay/owner-actions.ts";
import type { LoadedSettings, SettingError, SettingsOutcome } from "../settings.ts";
import type { Store } from "../store/store.ts";
import type { StoreTrouble } from "../store/trouble.ts";
import type { Clock } from "../wire/clock.ts";

/** What the dashboard needs of the rest of Waypost. The composition root implements it. */
export interface DashboardPorts {
  readonly store: Pick<Store, "read" | "write">;
  /** Open sessions, and every session as it opens and ends. */
  readonly phases: Pick<PhaseRecorder, "open" | "listen">;
  /** The room on the disk. */
  readonly room: () => RoomState;
  /** Why nothing can be written to the store, or null. */
  readonly storeTrouble: () => StoreTrouble | null;
  /** What is wrong with the certificate of the mail servers, in a sentence without a full stop, or null. */
  readonly certificateProblem: () => string | null;
  readonly clock: Clock;
  /** `length` octets that nobody can guess. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** The node's name in the settings. */
  readonly hostname: string;
  readonly version: string;
  /** Names, beside the hostname, localhost and addresses, by which browsers may reach the dashboard. */
  readonly trustedHosts: readonly string[];
  /** Whether the dashboard itself speaks TLS: its cookie is then never sent in the clear. */
  readonly secure: boolean;
  /** Where Waypost listens, for the owner to read. */
  readonly endpoints: () => readonly ShownEndpoint[];
  /** What the settings name, without secrets. */
  readonly describe: () => Configured;
  /** The name of the device that has this network address now; null: none. */
  readonly deviceAt: (address: string) => string | null;
  /** How long what clients deleted can be restored, at least, milliseconds. */
  readonly keepDeletedMs: () => number;
  /** What the worker's lanes are doing; an upstream that was not used yet has none. */
  readonly upstreamStates: () => readonly UpstreamState[];
  /** Messages that the worker has in hand and whose turn has not come, by their ids. Absent: not known. */
  readonly turns?: () => ReadonlyMap<number, TurnModel>;
  /** When each upstream that is away is asked again, by its name: what waits for it goes when it answers. Absent: not known. */
  readonly awaited?: () => Awaited;
  /** Failed logins of mail programs, by address and by login, the latest first, with the delays in force. */
  readonly failedLogins: () => readonly FailedLogins[];
  /** Forgets what is counted against an address or a login, its ban too. @returns whether there was anything */
  readonly liftLogin: (suspect: Suspect) => boolean;
  /**
   * Polls sources now. `resume` lets those go on that were paused to ask the owner.
   * @returns how many sources were told to
   */
  readonly fetchNow: (which: FetchChoice, resume: boolean) => Promise<number>;
  /** Whether there is a full-text index of mail: the settings want one. */
  readonly isMailIndexed: () => boolean;
  /** What owners ask of mailboxes. */
  readonly mail: MailRequests;
  /** Does to messages of the queue what an owner wants, and wakes the worker. @throws OwnerRequestError */
  readonly queueAct: OwnerActions;
  /** The settings of the file. */
  readonly settings: SettingsSource;
  /** Everything that is configured at this moment, by the file and by the database. */
  readonly directory: () => Directory;
  /** Changes accounts, devices, upstreams and routes of the database; in use at once, and in the log of changes. */
  readonly entries: EntryChanges;
  /** Notes in the log of changes what has no log of its own: who did what. @throws StoreError */
  readonly audit: (note: AuditNote, actor: string) => Promise<void>;
  /** Opens a session with an upstream up to the login, and leaves. Never throws. */
  readonly tryUpstream: (upstream: Upstream) => Promise<UpstreamTrial>;
  /** Logs in to a source and asks how much mail lies there. Never throws. */
  readonly trySource: (source: Source) => Promise<SourceTrial>;
  /** Hands a short message to an upstream, past the queue. Never throws. */
  readonly sendTest: (upstream: Upstream, envelope: TestEnvelope) => Promise<UpstreamTrial>;
  /** Reads the entries of the database anew, after a command has changed them. */
  readonly reload: () => Promise<void>;
  /** Whether a password is that of an account of the mail servers; failures count there as well. */
  readonly isAccountPassword: (attempt: AccountPassword) => Promise<boolean>;
  /** Writes of the store that wait for a commit at this moment. */
  readonly waitingWrites: () => number;
  /** Whether Prometheus may ask from a network address without a token. */
  readonly mayScrape: (address: string) => boolean;
  /** A new id (store/ids.ts). */
  readonly nextId: () => number;
  /** Whether a bearer token is the local one, by which commands on this machine use the API. In constant time. */
  readonly isLocalToken: (token: string) => boolean;
}

/** A password that may be an account's. */
export interface AccountPassword {
  readonly login: string;
  readonly password: string;
  /** The client's network address. */
  readonly address: string;
}

/** The settings of the file: those in force, and the file as it is now. */
export interface SettingsSource {
  /** What was read last and is in force, apart from what counts at a start alone. */
  readonly current: () => LoadedSettings;
  /** What was read for the start. */
  readonly started: () => LoadedSettings;
  /** Reads the file without using it. */
  readonly look: () => SettingsOutcome;
  /** Reads the file anew and uses it; what is wrong with it, else. `actor`: who, for the log of changes. */
  readonly reload: (actor: string) => Promise<readonly SettingError[]>;
}

/** What owners ask of mailboxes. */
export interface MailRequests {
  /** Fetches the message that a notice stands for, now; false: there is none that waits on its server. */
  readonly fetchMessage: (id: number) => Promise<boolean>;
  /** Asks sources what the next poll would do; nothing is fetched or deleted. */
  readonly foresee: (which: FetchChoice) => Promise<readonly FetchPlan[]>;
  /** Sends a message to its account once more, as a new one; false: there is none. */
  readonly resend: (id: number) => Promise<boolean>;
  /** The octets of a message of the queue or of a mailbox; none where they are not here. @throws StoreError */
  readonly octets: (id: number) => AsyncIterable<Uint8Array>;
}

/** Which sources are meant: all, those of an account, or one of them. */
export interface FetchChoice {
  readonly account?: string | undefined;
  readonly source?: string | undefined;
}

/** One address where Waypost listens. */
export interface ShownEndpoint {
  readonly service: "smtp" | "pop3" | "dashboard";
  /** "127.0.0.1:2525" */
  readonly address: string;
  readonly tls: "off" | "starttls" | "implicit";
}

/** What a lane is doing. */
export type UpstreamState = LaneState;

/** What the settings name. */
export interface Configured {
  readonly upstreams: readonly ConfiguredUpstream[];
  readonly accounts: readonly ConfiguredAccount[];
}

/** An upstream. */
export interface ConfiguredUpstream {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The id of the provider that the settings name. */
  readonly provider?: string | undefined;
  readonly maxConnections: number;
  readonly messagesPerMinute: number;
  readonly messagesPerDay: number;
  readonly recipientsPerDay: number;
}

/** An account with its sources. */
export interface ConfiguredAccount {
  readonly login: string;
  readonly sources: readonly ConfiguredSource[];
}

/** A source of an account. */
export interface ConfiguredSource {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The id of the provider that the settings name. */
  readonly provider?: string | undefined;
  readonly mode: "keep" | "delete";
  readonly deleteAfterMs: number;
  readonly intervalMs: number;
  /** In delete mode: what is no larger stays, octets; 0: nothing stays for that. */
  readonly deleteLargerThan: number;
  readonly keepNewest: number;
  readonly onClientDelete: "keep" | "delete";
  /** Octets; 0: no limit. So are the two below. */
  readonly maxMessageSize: number;
  readonly messagesPerDay: number;
  readonly sizePerDay: number;
  /** Whom mail of the source goes to by its rules. */
  readonly deliver: readonly { readonly account: string }[];
}
