CREATE TABLE `hidden` (
	`mailbox_message_id` integer NOT NULL,
	`client` text NOT NULL,
	`hidden_at` integer NOT NULL,
	PRIMARY KEY(`mailbox_message_id`, `client`)
);
--> statement-breakpoint
ALTER TABLE `entry` ADD `made_by` text;