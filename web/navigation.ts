/** The pages as people find them: sections in the head of every page, and the tabs of each. */
import type { Role } from "../src/identity/roles.ts";
import { texts } from "./texts.ts";

/** A page of a section. */
export interface Tab {
  readonly path: string;
  readonly name: string;
  /** Who may open it. */
  readonly who: readonly Role[];
}

/** A section of the main navigation; it opens with its first tab, and has a row of tabs when it has several. */
export interface Section {
  readonly name: string;
  readonly tabs: readonly [Tab, ...Tab[]];
}

const OWNER: readonly Role[] = ["owner"];
const LOOKERS: readonly Role[] = ["owner", "viewer"];
const ALL: readonly Role[] = ["owner", "viewer", "person"];

/** What the main navigation holds for a role, in its order; its own tabs alone. */
export function sections(role: Role): readonly Section[] {
  return allSections().flatMap(({ name, tabs }) => {
    const [first, ...rest] = tabs.filter(({ who }) => who.includes(role));
    return first ? [{ name, tabs: [first, ...rest] }] : [];
  });
}

function allSections(): readonly Section[] {
  const { nav } = texts;
  return [
    { name: nav.overview, tabs: [{ path: "/", name: nav.overview, who: LOOKERS }] },
    {
      name: nav.traffic,
      tabs: [
        { path: "/traffic", name: nav.phases, who: LOOKERS },
        { path: "/sessions", name: nav.sessions, who: ALL },
      ],
    },
    { name: nav.messages, tabs: [{ path: "/messages", name: nav.messages, who: ALL }] },
    { name: nav.queue, tabs: [{ path: "/queue", name: nav.queue, who: LOOKERS }] },
    { name: nav.mailboxes, tabs: [{ path: "/mailboxes", name: nav.mailboxes, who: ALL }] },
    {
      name: nav.settings,
      tabs: [
        { path: "/settings", name: nav.settings, who: LOOKERS },
        { path: "/accounts", name: nav.accounts, who: LOOKERS },
        { path: "/devices", name: nav.devices, who: LOOKERS },
        { path: "/upstreams", name: nav.upstreams, who: LOOKERS },
        { path: "/routes", name: nav.routes, who: LOOKERS },
        { path: "/access", name: nav.access, who: OWNER },
        { path: "/logins", name: nav.logins, who: LOOKERS },
        { path: "/changes", name: nav.changes, who: LOOKERS },
      ],
    },
  ];
}

/** Whether a page belongs to a tab: it is the tab's own, or one below it. */
export function isWithin(path: string, tab: Tab): boolean {
  return path === tab.path || (tab.path !== "/" && path.startsWith(`${tab.path}/`));
}

/** The section of a page, or null for one that belongs to none that the role may open. */
export function sectionOf(path: string, role: Role): Section | null {
  return sections(role).find(({ tabs }) => tabs.some((tab) => isWithin(path, tab))) ?? null;
}
