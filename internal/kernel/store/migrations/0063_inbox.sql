-- What people were told: once (account, once) for each thing and its day. title
-- has both languages.
CREATE TABLE inbox (
  district INTEGER NOT NULL,
  id       BIGINT NOT NULL,
  account  BIGINT NOT NULL,
  once     TEXT NOT NULL,
  source   TEXT NOT NULL,
  title    {{json}} NOT NULL,
  place    TEXT NOT NULL,
  day      INTEGER NOT NULL,
  link     TEXT NOT NULL,
  made_at  BIGINT NOT NULL,
  read_at  BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE UNIQUE INDEX inbox_once ON inbox (district, account, once);
CREATE INDEX inbox_account ON inbox (account, id);
CREATE INDEX inbox_unread ON inbox (account) WHERE read_at = 0;
