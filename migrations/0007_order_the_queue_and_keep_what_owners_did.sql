CREATE TABLE `owner_action` (
	`message_id` integer NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`detail` text
);
--> statement-breakpoint
CREATE INDEX `owner_action_by_message` ON `owner_action` (`message_id`);--> statement-breakpoint
DROP INDEX `recipient_by_due`;--> statement-breakpoint
ALTER TABLE `recipient` ADD `priority` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `recipient` ADD `awaits_line` integer;--> statement-breakpoint
ALTER TABLE `recipient` ADD `warned_at` integer;--> statement-breakpoint
ALTER TABLE `recipient` ADD `send_by` text;--> statement-breakpoint
CREATE INDEX `recipient_by_turn` ON `recipient` (`priority`,`next_attempt_at`,`upstream`,`message_id`) WHERE state = 'waiting';--> statement-breakpoint
ALTER TABLE `message` ADD `about_id` integer;--> statement-breakpoint
CREATE INDEX `message_by_about` ON `message` (`about_id`) WHERE about_id is not null;