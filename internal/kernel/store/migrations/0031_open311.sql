-- Open311. What POSTs were taken, so that a repeat makes no second case: k is of
-- the Idempotency-Key or of the fields, print of the fields; district is that of
-- the key's account.
CREATE TABLE open311_once (
  district INTEGER NOT NULL,
  k {{blob}} NOT NULL,
  print {{blob}} NOT NULL,
  at BIGINT NOT NULL,
  number TEXT NOT NULL,
  PRIMARY KEY (district, k)
) {{norowid}};
CREATE INDEX open311_once_at ON open311_once (district, at);

-- Cases that an outside system handles for a unit: their number there, and how far
-- its updates have been read.
CREATE TABLE open311_link (
  district INTEGER NOT NULL,
  case_id BIGINT NOT NULL,
  remote TEXT NOT NULL,
  theirs TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (district, case_id, remote)
) {{norowid}};
CREATE UNIQUE INDEX open311_link_theirs ON open311_link (district, remote, theirs);

-- Updates of outside systems that were applied, each once. source is the account
-- whose key brought it, or the remote that was asked; ours is the id that we gave.
CREATE TABLE open311_update (
  district INTEGER NOT NULL,
  source TEXT NOT NULL,
  update_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  ours TEXT NOT NULL,
  PRIMARY KEY (district, source, update_id)
) {{norowid}};

-- How far each remote's updates have been read, and what went wrong last.
CREATE TABLE open311_remote (
  district INTEGER NOT NULL,
  name TEXT NOT NULL,
  read_to BIGINT NOT NULL,
  polled_at BIGINT NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY (district, name)
) {{norowid}};
