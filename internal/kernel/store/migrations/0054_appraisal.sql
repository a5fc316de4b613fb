-- Appraisals of grid workers. criteria are indicators with their lines; seed is
-- empty until the draw, its hash stands in commitment from the start. street is 0
-- where the whole district is appraised.
CREATE TABLE appraisal (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  street BIGINT NOT NULL,
  name TEXT NOT NULL,
  from_day INTEGER NOT NULL,
  to_day INTEGER NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  criteria {{json}} NOT NULL,
  sample INTEGER NOT NULL,
  appeal_days INTEGER NOT NULL,
  commitment TEXT NOT NULL,
  seed TEXT NOT NULL,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  drawn_by BIGINT NOT NULL,
  drawn_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);

-- One worker's sheet. pool are the cases that could be drawn, drawn those that
-- were; measures hold the ids of the rows behind each figure.
CREATE TABLE appraisal_sheet (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  appraisal BIGINT NOT NULL,
  account BIGINT NOT NULL,
  street BIGINT NOT NULL,
  community BIGINT NOT NULL,
  grid BIGINT NOT NULL,
  org BIGINT NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  pool {{json}} NOT NULL,
  drawn {{json}} NOT NULL,
  measures {{json}} NOT NULL,
  proposed TEXT NOT NULL,
  proposed_renew INTEGER NOT NULL,
  level TEXT NOT NULL,
  renew INTEGER NOT NULL,
  appeal_until INTEGER NOT NULL,
  decided_by BIGINT NOT NULL,
  decided_at BIGINT NOT NULL,
  settled_by BIGINT NOT NULL,
  settled_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE UNIQUE INDEX appraisal_sheet_one ON appraisal_sheet (district, appraisal, account);
CREATE INDEX appraisal_sheet_account ON appraisal_sheet (account);

-- What was said and decided on a sheet, in order; only ever added.
CREATE TABLE appraisal_log (
  district INTEGER NOT NULL,
  sheet BIGINT NOT NULL,
  seq INTEGER NOT NULL,
  action TEXT NOT NULL,
  text TEXT NOT NULL,
  level TEXT NOT NULL,
  renew INTEGER NOT NULL,
  actor BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (district, sheet, seq)
) {{norowid}};

-- The calls that a draw asks for: done = 0 waits, 1 reached, 2 given up after the tries.
CREATE TABLE appraisal_call (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  appraisal BIGINT NOT NULL,
  sheet BIGINT NOT NULL,
  case_id BIGINT NOT NULL,
  done INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  solved INTEGER NOT NULL,
  satisfied INTEGER NOT NULL,
  called_by BIGINT NOT NULL,
  called_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE UNIQUE INDEX appraisal_call_case ON appraisal_call (district, sheet, case_id);
CREATE INDEX appraisal_call_open ON appraisal_call (district, appraisal) WHERE done = 0;
