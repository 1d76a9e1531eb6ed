CREATE TABLE `ledger_count` (
	`mailbox_id` integer NOT NULL,
	`state` text NOT NULL,
	`messages` integer NOT NULL,
	`octets` integer NOT NULL,
	PRIMARY KEY(`mailbox_id`, `state`)
);
--> statement-breakpoint
CREATE TABLE `mailbox_count` (
	`mailbox_id` integer PRIMARY KEY NOT NULL,
	`messages` integer NOT NULL,
	`octets` integer NOT NULL,
	`unread` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `ledger_by_stored` ON `ledger` (`mailbox_id`,`stored_at`);--> statement-breakpoint
CREATE INDEX `mailbox_message_kept` ON `mailbox_message` (`mailbox_id`,`id`,`keep_until`) WHERE keep_until is not null;--> statement-breakpoint
INSERT INTO `mailbox_count`
	SELECT b.id, count(m.id), coalesce(sum(m.size), 0), count(m.id) - count(m.read_by_session_id)
	FROM `mailbox` AS b LEFT JOIN `mailbox_message` AS m ON m.mailbox_id = b.id AND m.deleted_at IS NULL GROUP BY b.id;
--> statement-breakpoint
INSERT INTO `ledger_count` SELECT mailbox_id, state, count(*), coalesce(sum(size), 0) FROM `ledger` GROUP BY mailbox_id, state;
--> statement-breakpoint
CREATE TRIGGER `mailbox_is_counted` AFTER INSERT ON `mailbox` BEGIN
	INSERT INTO `mailbox_count` VALUES (new.id, 0, 0, 0);
END;
--> statement-breakpoint
CREATE TRIGGER `mailbox_is_not_counted` AFTER DELETE ON `mailbox` BEGIN
	DELETE FROM `mailbox_count` WHERE mailbox_id = old.id;
	DELETE FROM `ledger_count` WHERE mailbox_id = old.id;
END;
--> statement-breakpoint
CREATE TRIGGER `mailbox_message_counted` AFTER INSERT ON `mailbox_message` WHEN new.deleted_at IS NULL BEGIN
	UPDATE `mailbox_count` SET messages = messages + 1, octets = octets + new.size,
		unread = unread + (new.read_by_session_id IS NULL) WHERE mailbox_id = new.mailbox_id;
END;
--> statement-breakpoint
CREATE TRIGGER `mailbox_message_uncounted` AFTER DELETE ON `mailbox_message` WHEN old.deleted_at IS NULL BEGIN
	UPDATE `mailbox_count` SET messages = messages - 1, octets = octets - old.size,
		unread = unread - (old.read_by_session_id IS NULL) WHERE mailbox_id = old.mailbox_id;
END;
--> statement-breakpoint
CREATE TRIGGER `mailbox_message_recounted`
AFTER UPDATE OF mailbox_id, size, deleted_at, read_by_session_id ON `mailbox_message` BEGIN
	UPDATE `mailbox_count` SET messages = messages - 1, octets = octets - old.size,
		unread = unread - (old.read_by_session_id IS NULL) WHERE mailbox_id = old.mailbox_id AND old.deleted_at IS NULL;
	UPDATE `mailbox_count` SET messages = messages + 1, octets = octets + new.size,
		unread = unread + (new.read_by_session_id IS NULL) WHERE mailbox_id = new.mailbox_id AND new.deleted_at IS NULL;
END;
--> statement-breakpoint
CREATE TRIGGER `ledger_counted` AFTER INSERT ON `ledger` BEGIN
	INSERT INTO `ledger_count` SELECT new.mailbox_id, new.state, 0, 0 WHERE NOT EXISTS
		(SELECT 1 FROM `ledger_count` WHERE mailbox_id = new.mailbox_id AND state = new.state);
	UPDATE `ledger_count` SET messages = messages + 1, octets = octets + new.size
		WHERE mailbox_id = new.mailbox_id AND state = new.state;
END;
--> statement-breakpoint
CREATE TRIGGER `ledger_uncounted` AFTER DELETE ON `ledger` BEGIN
	UPDATE `ledger_count` SET messages = messages - 1, octets = octets - old.size
		WHERE mailbox_id = old.mailbox_id AND state = old.state;
END;
--> statement-breakpoint
CREATE TRIGGER `ledger_recounted` AFTER UPDATE OF mailbox_id, size, state ON `ledger` BEGIN
	UPDATE `ledger_count` SET messages = messages - 1, octets = octets - old.size
		WHERE mailbox_id = old.mailbox_id AND state = old.state;
	INSERT INTO `ledger_count` SELECT new.mailbox_id, new.state, 0, 0 WHERE NOT EXISTS
		(SELECT 1 FROM `ledger_count` WHERE mailbox_id = new.mailbox_id AND state = new.state);
	UPDATE `ledger_count` SET messages = messages + 1, octets = octets + new.size
		WHERE mailbox_id = new.mailbox_id AND state = new.state;
END;
