/** The pages as people find them: sections in the head of every page, and the tabs of each. */
import { texts } from "./texts.ts";

/** A page of a section. */
export interface Tab {
  readonly path: string;
  readonly name: string;
}

/** A section of the main navigation; it opens with its first tab, and has a row of tabs when it has several. */
export interface Section {
  readonly name: string;
  readonly tabs: readonly [Tab, ...Tab[]];
}

/** What the main navigation holds, in its order. */
export function sections(): readonly Section[] {
  const { nav } = texts;
  return [
    { name: nav.overview, tabs: [{ path: "/", name: nav.overview }] },
    { name: nav.traffic, tabs: [{ path: "/traffic", name: nav.phases }, { path: "/sessions", name: nav.sessions }] },
    { name: nav.queue, tabs: [{ path: "/queue", name: nav.queue }] },
    { name: nav.mailboxes, tabs: [{ path: "/mailboxes", name: nav.mailboxes }] },
    { name: nav.settings, tabs: [{ path: "/logins", name: nav.logins }] },
  ];
}

/** Whether a page belongs to a tab: it is the tab's own, or one below it. */
export function isWithin(path: string, tab: Tab): boolean {
  return path === tab.path || (tab.path !== "/" && path.startsWith(`${tab.path}/`));
}

/** The section of a page, or null for one that belongs to none. */
export function sectionOf(path: string): Section | null {
  return sections().find(({ tabs }) => tabs.some((tab) => isWithin(path, tab))) ?? null;
}
