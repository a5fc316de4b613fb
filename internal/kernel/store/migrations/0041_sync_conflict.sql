-- Two people changed the same otherwise, one of them without signal. fields names
-- what differs; mine and theirs are sealed to the server's key. decided: '' (open),
-- mine, theirs. home is the district of the author's rows in sync_command.
CREATE TABLE sync_conflict (
  district   INTEGER NOT NULL,
  id         BIGINT NOT NULL,
  street     BIGINT NOT NULL,
  community  BIGINT NOT NULL,
  grid       BIGINT NOT NULL,
  kind       TEXT NOT NULL,
  object_id  BIGINT NOT NULL,
  home       INTEGER NOT NULL,
  account    BIGINT NOT NULL,
  command    {{blob}} NOT NULL,
  fields     TEXT NOT NULL,
  mine       {{blob}} NOT NULL,
  theirs     {{blob}} NOT NULL,
  made_at    BIGINT NOT NULL,
  decided    TEXT NOT NULL,
  decided_by BIGINT NOT NULL,
  decided_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE INDEX sync_conflict_open ON sync_conflict (district, community, id) WHERE decided = '';
