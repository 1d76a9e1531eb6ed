CREATE TABLE `audit` (
	`id` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`action` text NOT NULL,
	`detail` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_by_kind` ON `audit` (`kind`,`id`);--> statement-breakpoint
ALTER TABLE `entry` ADD `position` integer;--> statement-breakpoint
ALTER TABLE `refused_client` ADD `dismissed_at` integer;