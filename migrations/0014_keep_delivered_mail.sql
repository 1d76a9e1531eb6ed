ALTER TABLE `message` ADD `kept_until` integer;--> statement-breakpoint
CREATE INDEX `message_kept` ON `message` (`kept_until`,`size`) WHERE kept_until is not null;--> statement-breakpoint
CREATE INDEX `recipient_failed` ON `recipient` (`message_id`) WHERE state in ('bounced', 'removed');