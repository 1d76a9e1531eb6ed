ALTER TABLE `message` ADD `return_content` text;--> statement-breakpoint
ALTER TABLE `message` ADD `envelope_id` text;--> statement-breakpoint
ALTER TABLE `recipient` ADD `notify` text;--> statement-breakpoint
ALTER TABLE `recipient` ADD `original_recipient` text;