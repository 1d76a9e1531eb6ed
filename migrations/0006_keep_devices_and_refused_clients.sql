CREATE TABLE `refused_client` (
	`address` text PRIMARY KEY NOT NULL,
	`is_private` integer NOT NULL,
	`helo` text NOT NULL,
	`sender` text NOT NULL,
	`recipient` text,
	`attempts` integer NOT NULL,
	`first_at` integer NOT NULL,
	`last_at` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `message` ADD `device` text;