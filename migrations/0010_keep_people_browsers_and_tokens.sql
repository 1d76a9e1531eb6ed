CREATE TABLE `api_token` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`token_hash` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text,
	`expires_at` integer,
	`last_used_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_token_name_unique` ON `api_token` (`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `api_token_tokenHash_unique` ON `api_token` (`token_hash`);--> statement-breakpoint
ALTER TABLE `user` ADD `account` text;--> statement-breakpoint
ALTER TABLE `user` ADD `code_hash` text;--> statement-breakpoint
ALTER TABLE `user` ADD `code_expires_at` integer;--> statement-breakpoint
ALTER TABLE `user` ADD `by_account_password` integer;--> statement-breakpoint
ALTER TABLE `web_session` ADD `last_seen_at` integer;--> statement-breakpoint
ALTER TABLE `web_session` ADD `browser` text;--> statement-breakpoint
ALTER TABLE `web_session` ADD `address` text;--> statement-breakpoint
CREATE INDEX `web_session_by_user` ON `web_session` (`user_name`);--> statement-breakpoint
CREATE INDEX `session_by_account` ON `session` (`account`,`id`) WHERE account is not null;