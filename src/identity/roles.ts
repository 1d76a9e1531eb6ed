/** Who may do what: roles of people, scopes of tokens. */

/**
 * What a user of the dashboard is. "owner": may do everything; "viewer": sees everything but what is in letters, and
 * changes nothing; "person": belongs to an account and sees that account's mail, all of it and nothing else.
 */
export const ROLES = ["owner", "viewer", "person"] as const;

/** A role. */
export type Role = (typeof ROLES)[number];

/**
 * What a token may do. "read": what a viewer sees; "content": what is in letters; "queue": act on the queue; "mailboxes":
 * fetch, restore and send again; "settings": everything that is set up; "access": users and tokens, so all the others;
 * "metrics": the figures for Prometheus.
 */
export const SCOPES = ["read", "content", "queue", "mailboxes", "settings", "access", "metrics"] as const;

/** A scope. */
export type Scope = (typeof SCOPES)[number];
