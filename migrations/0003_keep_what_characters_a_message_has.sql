ALTER TABLE `message` ADD `smtp_utf8` integer;--> statement-breakpoint
ALTER TABLE `message` ADD `eight_bit` text;