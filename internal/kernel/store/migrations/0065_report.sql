-- Reports (报表) are saved queries with a period and recipients: body is JSON. A
-- report is active or closed; account is whose it is.
CREATE TABLE report (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  body {{json}} NOT NULL,
  account BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);

-- A run is what a recipient got of a report for a period, as it was when it was
-- made; nth counts those of one period. head is JSON: the columns, the number and
-- its parts. read_at is when the recipient first opened it, 0 for not yet.
CREATE TABLE report_run (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  report BIGINT NOT NULL,
  recipient BIGINT NOT NULL,
  period TEXT NOT NULL,
  day_from INTEGER NOT NULL,
  day_to INTEGER NOT NULL,
  nth INTEGER NOT NULL,
  made_at BIGINT NOT NULL,
  made_by BIGINT NOT NULL,
  head {{json}} NOT NULL,
  n INTEGER NOT NULL,
  read_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE UNIQUE INDEX report_run_nth ON report_run (district, report, recipient, period, nth);
CREATE INDEX report_run_recipient ON report_run (district, recipient, id);

-- The rows behind a run: row is the id of the record, cells are JSON texts.
CREATE TABLE report_row (
  district INTEGER NOT NULL,
  run BIGINT NOT NULL,
  n INTEGER NOT NULL,
  row BIGINT NOT NULL,
  label TEXT NOT NULL,
  cells {{json}} NOT NULL,
  PRIMARY KEY (district, run, n)
) {{norowid}};
