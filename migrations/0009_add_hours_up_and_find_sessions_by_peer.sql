CREATE TABLE `hop_hour` (
	`hour` integer NOT NULL,
	`hop` text NOT NULL,
	`sessions` integer NOT NULL,
	`completed` integer NOT NULL,
	`messages` integer NOT NULL,
	`octets_in` integer NOT NULL,
	`octets_out` integer NOT NULL,
	`dropped` integer NOT NULL,
	PRIMARY KEY(`hour`, `hop`)
);
--> statement-breakpoint
CREATE TABLE `phase_hour` (
	`hour` integer NOT NULL,
	`hop` text NOT NULL,
	`phase` text NOT NULL,
	`sessions` integer NOT NULL,
	`failures` integer NOT NULL,
	`commands` integer NOT NULL,
	`refusals` integer NOT NULL,
	`octets_in` integer NOT NULL,
	`octets_out` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`histogram` text NOT NULL,
	PRIMARY KEY(`hour`, `hop`, `phase`)
);
--> statement-breakpoint
CREATE INDEX `session_by_peer` ON `session` (`hop`,(case hop when 'smtp-client' then peer_name when 'pop3-client' then peer_name else peer_address end),`id`);--> statement-breakpoint
INSERT INTO `hop_hour`
	SELECT minute / 60, hop, sum(sessions), sum(completed), sum(messages), sum(octets_in), sum(octets_out), sum(dropped)
	FROM `hop_minute` GROUP BY minute / 60, hop;
--> statement-breakpoint
INSERT INTO `phase_hour`
	SELECT h.*, (
		SELECT json_group_array(total) FROM (
			SELECT sum(bucket.value) AS total FROM `phase_minute` AS m JOIN json_each(m.histogram) AS bucket
			WHERE m.minute BETWEEN h.hour * 60 AND h.hour * 60 + 59 AND m.hop = h.hop AND m.phase = h.phase
			GROUP BY bucket.key ORDER BY bucket.key
		)
	)
	FROM (
		SELECT minute / 60 AS hour, hop, phase, sum(sessions), sum(failures), sum(commands), sum(refusals),
			sum(octets_in), sum(octets_out), sum(duration_ms)
		FROM `phase_minute` GROUP BY minute / 60, hop, phase
	) AS h;
