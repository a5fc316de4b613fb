-- One writer process a row: node leases keep ids unique over processes.
CREATE TABLE node (
  id INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  seen BIGINT NOT NULL,
  high BIGINT NOT NULL
);
-- The head of each district's audit chain: size, time, and the right edge of its Merkle tree.
CREATE TABLE audit_head (
  district INTEGER PRIMARY KEY,
  size BIGINT NOT NULL,
  at BIGINT NOT NULL,
  edge {{blob}} NOT NULL
);
CREATE TABLE audit (
  district INTEGER NOT NULL,
  idx BIGINT NOT NULL,
  at BIGINT NOT NULL,
  actor BIGINT NOT NULL,
  post BIGINT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  object_id BIGINT NOT NULL,
  seq INTEGER NOT NULL,
  detail TEXT NOT NULL,
  digest {{blob}} NOT NULL,
  PRIMARY KEY (district, idx)
) {{norowid}};
CREATE INDEX audit_object ON audit (district, object_id, idx);
CREATE INDEX audit_actor ON audit (district, actor, idx);
-- Roll-ups: n counts what the measure says, for a cube's key (period, a, b).
CREATE TABLE tally (
  district INTEGER NOT NULL,
  cube INTEGER NOT NULL,
  measure INTEGER NOT NULL,
  period INTEGER NOT NULL,
  a BIGINT NOT NULL,
  b BIGINT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (district, cube, measure, period, a, b)
) {{norowid}};
