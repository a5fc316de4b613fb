-- Phones that work offline, one row for each account that signs in on one. All
-- rows of an account, here and in sync_command, lie in the district in which it
-- first had a phone. floor: every number up to it has come; locked_at 0 = not locked.
CREATE TABLE sync_device (
  district  INTEGER NOT NULL,
  account   BIGINT NOT NULL,
  id        {{blob}} NOT NULL,
  label     TEXT NOT NULL,
  first_at  BIGINT NOT NULL,
  seen_at   BIGINT NOT NULL,
  floor     BIGINT NOT NULL,
  locked_at BIGINT NOT NULL,
  locked_by BIGINT NOT NULL,
  PRIMARY KEY (district, account, id)
) {{norowid}};
CREATE INDEX sync_device_account ON sync_device (account);

-- What became of each command of a phone: applied, held, conflict, rejected, lost.
-- at is the phone's time, received_at the server's (microseconds); clock says how
-- far the phone's was believed. digest tells equal ones from others. body is
-- sealed to the server's key, and kept only while the command has had no effect;
-- waits is the command that must come first.
CREATE TABLE sync_command (
  district    INTEGER NOT NULL,
  account     BIGINT NOT NULL,
  id          {{blob}} NOT NULL,
  device      {{blob}} NOT NULL,
  seq         BIGINT NOT NULL,
  kind        TEXT NOT NULL,
  object      TEXT NOT NULL,
  base        INTEGER NOT NULL,
  at          BIGINT NOT NULL,
  offset_ms   BIGINT NOT NULL,
  clock       TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  digest      {{blob}} NOT NULL,
  state       TEXT NOT NULL,
  result      TEXT NOT NULL,
  waits       {{blob}},
  body        {{blob}},
  PRIMARY KEY (district, account, id)
) {{norowid}};
CREATE UNIQUE INDEX sync_command_seq ON sync_command (district, account, device, seq);
CREATE INDEX sync_command_at ON sync_command (received_at);
CREATE INDEX sync_command_held ON sync_command (district, account, waits) WHERE state = 'held';

-- The epoch changes when the server was restored from a backup: phones then send
-- again what it no longer has. One row, of district 0.
CREATE TABLE sync_epoch (
  district INTEGER NOT NULL,
  epoch    TEXT NOT NULL,
  since    BIGINT NOT NULL,
  PRIMARY KEY (district)
) {{norowid}};
