ALTER TABLE `ledger` ADD `requested_at` integer;--> statement-breakpoint
CREATE INDEX `ledger_by_message` ON `ledger` (`mailbox_message_id`);--> statement-breakpoint
ALTER TABLE `mailbox` ADD `failure_kind` text;--> statement-breakpoint
ALTER TABLE `mailbox_message` ADD `deleted_by` text;--> statement-breakpoint
ALTER TABLE `mailbox_message` ADD `copy_of` integer;--> statement-breakpoint
ALTER TABLE `mailbox_message` ADD `notice_octets` integer;--> statement-breakpoint
ALTER TABLE `mailbox_message` ADD `keep_until` integer;--> statement-breakpoint
CREATE INDEX `mailbox_message_by_copy` ON `mailbox_message` (`copy_of`) WHERE copy_of is not null;