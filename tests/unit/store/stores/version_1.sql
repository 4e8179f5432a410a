-- A store as schema version 1 made it, with a row in each table; read by test_store_migrations.py.
BEGIN TRANSACTION;
CREATE TABLE accounts (
	source VARCHAR(128) NOT NULL, 
	rows_read BIGINT NOT NULL, 
	accepted BIGINT NOT NULL, 
	duplicate BIGINT NOT NULL, 
	late BIGINT NOT NULL, 
	quarantined BIGINT NOT NULL, 
	PRIMARY KEY (source)
);
INSERT INTO "accounts" VALUES('town',7,4,1,1,1);
CREATE TABLE alerts (
	id VARCHAR(32) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	area VARCHAR(128) NOT NULL, 
	signature VARCHAR(128) NOT NULL, 
	level INTEGER NOT NULL, 
	shown BOOLEAN NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	opened_at_us BIGINT NOT NULL, 
	updated_at_us BIGINT NOT NULL, 
	revision INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "alerts" VALUES('rw-a','risk','TOWN','fire',4,1,'open',5,5,1,'{"actor":null,"area":"TOWN","chart":null,"closed_at_us":null,"config_hash":"","contributions":[],"detail":"","evidence_at_us":null,"feeds_missing":[],"id":"rw-a","impact":null,"inhibited_by":null,"judged":[0,0],"kind":"risk","level":4,"levels":[{"at_us":5,"level":4}],"likelihood":null,"model_versions":[],"note":"","opened_at_us":5,"peak_level":4,"revision":1,"rising":false,"shown":true,"signature":"fire","since_us":null,"state":"open","updated_at_us":5,"verdict":null}');
CREATE TABLE changes (
	alert VARCHAR(32) NOT NULL, 
	revision INTEGER NOT NULL, 
	at_us BIGINT NOT NULL, 
	reason VARCHAR(32) NOT NULL, 
	actor VARCHAR(128) NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (alert, revision)
);
INSERT INTO "changes" VALUES('rw-a',1,5,'opened','engine','{"actor":null,"area":"TOWN","chart":null,"closed_at_us":null,"config_hash":"","contributions":[],"detail":"","evidence_at_us":null,"feeds_missing":[],"id":"rw-a","impact":null,"inhibited_by":null,"judged":[0,0],"kind":"risk","level":4,"levels":[{"at_us":5,"level":4}],"likelihood":null,"model_versions":[],"note":"","opened_at_us":5,"peak_level":4,"revision":1,"rising":false,"shown":true,"signature":"fire","since_us":null,"state":"open","updated_at_us":5,"verdict":null}');
CREATE TABLE engine (
	id INTEGER NOT NULL, 
	position BIGINT NOT NULL, 
	clock_us BIGINT NOT NULL, 
	last_tick_us BIGINT, 
	ticks BIGINT NOT NULL, 
	feeds TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "engine" VALUES(1,1,10,NULL,0,'{"sources":["town"]}');
CREATE TABLE inbox (
	seq INTEGER NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	body TEXT NOT NULL, 
	events BLOB, 
	PRIMARY KEY (seq)
);
INSERT INTO "inbox" VALUES(1,'clock','{"at_us":10}',NULL);
CREATE TABLE meta (
	"key" VARCHAR(64) NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('schema','1');
INSERT INTO "meta" VALUES('sources','["town"]');
CREATE TABLE quarantine (
	id INTEGER NOT NULL, 
	source VARCHAR(128) NOT NULL, 
	stream VARCHAR(256) NOT NULL, 
	"row" BIGINT NOT NULL, 
	reason VARCHAR(64) NOT NULL, 
	mapped TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "quarantine" VALUES(1,'town','calls',3,'no_area','{}');
CREATE TABLE record (
	seq INTEGER NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	body TEXT NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE TABLE snapshots (
	position BIGINT NOT NULL, 
	file VARCHAR(128) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	PRIMARY KEY (position)
);
CREATE TABLE streams (
	source VARCHAR(128) NOT NULL, 
	stream VARCHAR(256) NOT NULL, 
	position TEXT NOT NULL, 
	PRIMARY KEY (source, stream)
);
INSERT INTO "streams" VALUES('town','calls','{"rows":7}');
CREATE INDEX ix_quarantine_source ON quarantine (source);
CREATE INDEX ix_quarantine_reason ON quarantine (reason);
CREATE INDEX ix_alerts_state ON alerts (state);
CREATE INDEX ix_alerts_opened_at_us ON alerts (opened_at_us);
CREATE INDEX ix_alerts_area ON alerts (area);
CREATE INDEX ix_alerts_updated_at_us ON alerts (updated_at_us);
CREATE INDEX ix_changes_at_us ON changes (at_us);
COMMIT;
