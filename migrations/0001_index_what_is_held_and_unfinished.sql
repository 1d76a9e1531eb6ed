CREATE INDEX `recipient_held` ON `recipient` (`message_id`) WHERE state = 'held';--> statement-breakpoint
CREATE INDEX `session_unfinished` ON `session` (`id`) WHERE outcome <> 'completed';