CREATE TABLE `chunk` (
	`spool_id` integer NOT NULL,
	`position` integer NOT NULL,
	`octets` blob NOT NULL,
	PRIMARY KEY(`spool_id`, `position`)
);
--> statement-breakpoint
CREATE TABLE `delivery` (
	`id` integer PRIMARY KEY NOT NULL,
	`message_id` integer NOT NULL,
	`session_id` integer,
	`upstream` text NOT NULL,
	`started_at` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`outcome` text NOT NULL,
	`reply` text NOT NULL,
	`recipients` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `delivery_by_message` ON `delivery` (`message_id`);--> statement-breakpoint
CREATE TABLE `entry` (
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`value` text NOT NULL,
	`changed_at` integer NOT NULL,
	PRIMARY KEY(`kind`, `name`)
);
--> statement-breakpoint
CREATE TABLE `fact` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `hop_minute` (
	`minute` integer NOT NULL,
	`hop` text NOT NULL,
	`sessions` integer NOT NULL,
	`completed` integer NOT NULL,
	`messages` integer NOT NULL,
	`octets_in` integer NOT NULL,
	`octets_out` integer NOT NULL,
	`dropped` integer NOT NULL,
	PRIMARY KEY(`minute`, `hop`)
);
--> statement-breakpoint
CREATE TABLE `ledger` (
	`mailbox_id` integer NOT NULL,
	`uidl` text NOT NULL,
	`state` text NOT NULL,
	`mailbox_message_id` integer NOT NULL,
	`size` integer NOT NULL,
	`stored_at` integer NOT NULL,
	`changed_at` integer NOT NULL,
	PRIMARY KEY(`mailbox_id`, `uidl`)
);
--> statement-breakpoint
CREATE TABLE `mailbox` (
	`id` integer PRIMARY KEY NOT NULL,
	`account` text NOT NULL,
	`source` text NOT NULL,
	`last_fetch_at` integer,
	`last_outcome` text,
	`next_fetch_at` integer,
	`failures` integer DEFAULT 0 NOT NULL,
	`paused_because` text
);
--> statement-breakpoint
CREATE INDEX `mailbox_by_account` ON `mailbox` (`account`,`source`);--> statement-breakpoint
CREATE TABLE `mailbox_message` (
	`id` integer PRIMARY KEY NOT NULL,
	`mailbox_id` integer NOT NULL,
	`uidl` text NOT NULL,
	`size` integer NOT NULL,
	`message_id` text NOT NULL,
	`sender` text NOT NULL,
	`subject` text NOT NULL,
	`fetched_at` integer NOT NULL,
	`session_id` integer,
	`deleted_at` integer,
	`read_by_session_id` integer
);
--> statement-breakpoint
CREATE INDEX `mailbox_message_by_mailbox` ON `mailbox_message` (`mailbox_id`,`id`);--> statement-breakpoint
CREATE INDEX `mailbox_message_by_message_id` ON `mailbox_message` (`message_id`);--> statement-breakpoint
CREATE TABLE `message` (
	`id` integer PRIMARY KEY NOT NULL,
	`origin` text NOT NULL,
	`sender` text NOT NULL,
	`size` integer NOT NULL,
	`body` text NOT NULL,
	`message_id` text NOT NULL,
	`subject` text NOT NULL,
	`received_at` integer NOT NULL,
	`session_id` integer,
	`account` text,
	`client_address` text NOT NULL,
	`done_at` integer
);
--> statement-breakpoint
CREATE INDEX `message_by_message_id` ON `message` (`message_id`);--> statement-breakpoint
CREATE INDEX `message_by_done` ON `message` (`done_at`) WHERE done_at is not null;--> statement-breakpoint
CREATE TABLE `phase_minute` (
	`minute` integer NOT NULL,
	`hop` text NOT NULL,
	`phase` text NOT NULL,
	`sessions` integer NOT NULL,
	`failures` integer NOT NULL,
	`commands` integer NOT NULL,
	`refusals` integer NOT NULL,
	`octets_in` integer NOT NULL,
	`octets_out` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`histogram` text NOT NULL,
	PRIMARY KEY(`minute`, `hop`, `phase`)
);
--> statement-breakpoint
CREATE TABLE `recipient` (
	`message_id` integer NOT NULL,
	`position` integer NOT NULL,
	`address` text NOT NULL,
	`state` text NOT NULL,
	`attempts` integer NOT NULL,
	`next_attempt_at` integer NOT NULL,
	`lease_owner` text,
	`upstream` text,
	`last_reply` text,
	`changed_at` integer NOT NULL,
	PRIMARY KEY(`message_id`, `position`)
);
--> statement-breakpoint
CREATE INDEX `recipient_by_due` ON `recipient` (`next_attempt_at`) WHERE state = 'waiting';--> statement-breakpoint
CREATE TABLE `session` (
	`id` integer PRIMARY KEY NOT NULL,
	`hop` text NOT NULL,
	`started_at` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`peer_address` text NOT NULL,
	`peer_port` integer NOT NULL,
	`local_port` integer NOT NULL,
	`peer_name` text,
	`account` text,
	`tls` text,
	`ended_in` text NOT NULL,
	`outcome` text NOT NULL,
	`cause` text,
	`messages` integer NOT NULL,
	`octets_in` integer NOT NULL,
	`octets_out` integer NOT NULL,
	`phases` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `session_by_hop` ON `session` (`hop`,`id`);--> statement-breakpoint
CREATE INDEX `session_by_outcome` ON `session` (`outcome`,`id`);--> statement-breakpoint
CREATE TABLE `transcript` (
	`session_id` integer PRIMARY KEY NOT NULL,
	`lines` text NOT NULL,
	`lines_dropped` integer NOT NULL,
	`failed` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `user` (
	`name` text PRIMARY KEY NOT NULL,
	`password_hash` text NOT NULL,
	`role` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `web_session` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`user_name` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
