-- Whistles: a street calls named departments to a matter. state: open, closed,
-- withdrawn. case_id 0: no case. shifts: how often a department said that it is
-- not its matter; arbiter: the account that decides then, 0 while nobody has to.
-- raised_at: when a department that did not come was first raised to raised_to.
CREATE TABLE whistle (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  number TEXT NOT NULL,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  state TEXT NOT NULL,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  street BIGINT NOT NULL,
  community BIGINT NOT NULL,
  grid BIGINT NOT NULL,
  lon DOUBLE PRECISION NOT NULL,
  lat DOUBLE PRECISION NOT NULL,
  address TEXT NOT NULL,
  case_id BIGINT NOT NULL,
  limit_n INTEGER NOT NULL,
  limit_unit TEXT NOT NULL,
  day INTEGER NOT NULL,
  called_by BIGINT NOT NULL,
  called_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  shifts INTEGER NOT NULL,
  arbiter BIGINT NOT NULL,
  raised_to BIGINT NOT NULL,
  raised_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
) {{norowid}};
CREATE UNIQUE INDEX whistle_number ON whistle (district, number);
CREATE INDEX whistle_street ON whistle (district, street, id);
CREATE INDEX whistle_case ON whistle (district, case_id) WHERE case_id > 0;

-- The departments that a whistle called, each with its own part. missed_at: the
-- limit passed before it came. by_street, by_unit: 1 to 5, 0 not rated.
CREATE TABLE whistle_call (
  district INTEGER NOT NULL,
  whistle_id BIGINT NOT NULL,
  org BIGINT NOT NULL,
  state TEXT NOT NULL,
  called_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  came_at BIGINT NOT NULL,
  came BIGINT NOT NULL,
  missed_at BIGINT NOT NULL,
  done_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  shifts INTEGER NOT NULL,
  urged INTEGER NOT NULL,
  ruled INTEGER NOT NULL,
  result TEXT NOT NULL,
  by_street INTEGER NOT NULL,
  by_unit INTEGER NOT NULL,
  PRIMARY KEY (district, whistle_id, org)
) {{norowid}};
CREATE INDEX whistle_call_org ON whistle_call (district, org, whistle_id);
CREATE INDEX whistle_call_due ON whistle_call (district, due_at) WHERE state = 'called' AND missed_at = 0;

-- What happened to whistles and joint meetings, only ever added to; every row is
-- on the audit chain with its digest.
CREATE TABLE joint_log (
  district INTEGER NOT NULL,
  subject BIGINT NOT NULL,
  seq INTEGER NOT NULL,
  at BIGINT NOT NULL,
  actor BIGINT NOT NULL,
  post BIGINT NOT NULL,
  org BIGINT NOT NULL,
  action TEXT NOT NULL,
  was TEXT NOT NULL,
  became TEXT NOT NULL,
  fields {{json}} NOT NULL,
  PRIMARY KEY (district, subject, seq)
) {{norowid}};
