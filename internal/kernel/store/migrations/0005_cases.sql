-- The present row of each case. Columns with a default are not written at intake.
CREATE TABLE cases (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  number TEXT NOT NULL,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  status TEXT NOT NULL,
  channel TEXT NOT NULL,
  grade TEXT NOT NULL,
  category BIGINT NOT NULL,
  category_version INTEGER NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  address TEXT NOT NULL,
  lon DOUBLE PRECISION NOT NULL,
  lat DOUBLE PRECISION NOT NULL,
  crs TEXT NOT NULL,
  street BIGINT NOT NULL,
  community BIGINT NOT NULL,
  grid BIGINT NOT NULL,
  day INTEGER NOT NULL,
  occurred_at BIGINT NOT NULL,
  reported_at BIGINT NOT NULL,
  creator BIGINT NOT NULL,
  reporter BIGINT NOT NULL,
  flags INTEGER NOT NULL,
  marks BIGINT NOT NULL,
  open INTEGER NOT NULL,
  supporters INTEGER NOT NULL,
  outside_number TEXT NOT NULL,
  stage_due_at BIGINT NOT NULL,
  stage_unit TEXT NOT NULL,
  level INTEGER NOT NULL DEFAULT 0,
  lead BIGINT NOT NULL DEFAULT 0,
  returns INTEGER NOT NULL DEFAULT 0,
  redos INTEGER NOT NULL DEFAULT 0,
  reworks INTEGER NOT NULL DEFAULT 0,
  extended INTEGER NOT NULL DEFAULT 0,
  urged INTEGER NOT NULL DEFAULT 0,
  supervised INTEGER NOT NULL DEFAULT 0,
  calls INTEGER NOT NULL DEFAULT 0,
  solved INTEGER NOT NULL DEFAULT -1,
  satisfied INTEGER NOT NULL DEFAULT 0,
  accepted_at BIGINT NOT NULL DEFAULT 0,
  filed_at BIGINT NOT NULL DEFAULT 0,
  decided_at BIGINT NOT NULL DEFAULT 0,
  dispatched_at BIGINT NOT NULL DEFAULT 0,
  signed_at BIGINT NOT NULL DEFAULT 0,
  resolved_at BIGINT NOT NULL DEFAULT 0,
  verified_at BIGINT NOT NULL DEFAULT 0,
  called_at BIGINT NOT NULL DEFAULT 0,
  closed_at BIGINT NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL DEFAULT 0,
  limit_n INTEGER NOT NULL DEFAULT 0,
  limit_unit TEXT NOT NULL DEFAULT '',
  paused_at BIGINT NOT NULL DEFAULT 0,
  remaining BIGINT NOT NULL DEFAULT 0,
  pause_reason TEXT NOT NULL DEFAULT '',
  review_day INTEGER NOT NULL DEFAULT 0,
  handler BIGINT NOT NULL DEFAULT 0,
  verifier BIGINT NOT NULL DEFAULT 0,
  seat BIGINT NOT NULL DEFAULT 0,
  draw BIGINT NOT NULL DEFAULT 0,
  merged_into BIGINT NOT NULL DEFAULT 0,
  split_from BIGINT NOT NULL DEFAULT 0,
  pending TEXT NOT NULL DEFAULT '',
  result TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (district, id)
) {{norowid}};
CREATE UNIQUE INDEX cases_number ON cases (district, number);
CREATE UNIQUE INDEX cases_outside ON cases (district, outside_number) WHERE outside_number <> '';
CREATE INDEX cases_time ON cases (district, reported_at);
CREATE INDEX cases_street ON cases (district, street, reported_at, community);
CREATE INDEX cases_category ON cases (district, category, reported_at) WHERE category > 0;
CREATE INDEX cases_lead ON cases (district, lead, reported_at) WHERE lead > 0;
CREATE INDEX cases_open ON cases (district, street, reported_at) WHERE open = 1;
CREATE INDEX cases_due ON cases (district, due_at) WHERE open = 1 AND due_at > 0;
CREATE INDEX cases_pending ON cases (district, pending) WHERE pending <> '';
CREATE INDEX cases_calls ON cases (district, draw) WHERE status = 'verified';
CREATE INDEX cases_links ON cases (district, merged_into) WHERE merged_into > 0;
CREATE INDEX cases_parts ON cases (district, split_from) WHERE split_from > 0;
-- Everything that ever happened to a case. Rows are only ever added.
CREATE TABLE case_log (
  district INTEGER NOT NULL,
  case_id BIGINT NOT NULL,
  seq INTEGER NOT NULL,
  at BIGINT NOT NULL,
  actor BIGINT NOT NULL,
  post BIGINT NOT NULL,
  org BIGINT NOT NULL,
  action TEXT NOT NULL,
  was TEXT NOT NULL,
  became TEXT NOT NULL,
  fields TEXT NOT NULL,
  state {{blob}} NOT NULL,
  PRIMARY KEY (district, case_id, seq)
) {{norowid}};
-- The units of a case: one leads, others assist. ended > 0: no longer.
CREATE TABLE case_unit (
  district INTEGER NOT NULL,
  case_id BIGINT NOT NULL,
  org BIGINT NOT NULL,
  role TEXT NOT NULL,
  since BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  reported_at BIGINT NOT NULL,
  PRIMARY KEY (district, case_id, org)
) {{norowid}};
CREATE INDEX case_unit_org ON case_unit (district, org, reported_at, case_id);
-- What needs somebody's approval: return, extension, suspension, void.
CREATE TABLE case_request (
  district INTEGER NOT NULL,
  case_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  asked_by BIGINT NOT NULL,
  asked_at BIGINT NOT NULL,
  reason TEXT NOT NULL,
  until INTEGER NOT NULL,
  proposed BIGINT NOT NULL,
  approver BIGINT NOT NULL,
  decided_by BIGINT NOT NULL,
  decided_at BIGINT NOT NULL,
  decision TEXT NOT NULL,
  PRIMARY KEY (district, case_id, id)
) {{norowid}};
-- How far case numbers of a day have been handed out to processes.
CREATE TABLE case_number (
  day INTEGER PRIMARY KEY,
  next BIGINT NOT NULL
);
CREATE TABLE saved_filter (
  account BIGINT NOT NULL,
  id BIGINT NOT NULL,
  page TEXT NOT NULL,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  PRIMARY KEY (account, id)
) {{norowid}};
