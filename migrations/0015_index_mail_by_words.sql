CREATE VIRTUAL TABLE `mail_index` USING fts5(sender, recipients, subject, names, body, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 2");--> statement-breakpoint
INSERT INTO `mail_index`(`mail_index`, `rank`) VALUES ('automerge', 0);--> statement-breakpoint
INSERT INTO `mail_index`(`mail_index`, `rank`) VALUES ('crisismerge', 64);
--> statement-breakpoint
CREATE TRIGGER `message_unindexed` AFTER DELETE ON `message` BEGIN
	DELETE FROM `mail_index` WHERE rowid = old.id;
END;
--> statement-breakpoint
CREATE TRIGGER `mailbox_message_unindexed` AFTER DELETE ON `mailbox_message` BEGIN
	DELETE FROM `mail_index` WHERE rowid = old.id;
END;
