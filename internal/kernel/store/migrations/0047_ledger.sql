-- Registers (kernel/ledger): the history of every row of every register. changes is
-- JSON, field → [before, after]; replayed from version 1 they give the present row.
-- import and batch are those by which rows came together, 0 for single changes;
-- a batch has one audit entry in each district.
CREATE TABLE ledger_log (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  version INTEGER NOT NULL,
  register TEXT NOT NULL,
  at BIGINT NOT NULL,
  actor BIGINT NOT NULL,
  post BIGINT NOT NULL,
  action TEXT NOT NULL,
  changes {{json}} NOT NULL,
  reason TEXT NOT NULL,
  import BIGINT NOT NULL,
  batch BIGINT NOT NULL,
  PRIMARY KEY (district, id, version)
) {{norowid}};
CREATE INDEX ledger_log_import ON ledger_log (district, import) WHERE import <> 0;
CREATE INDEX ledger_log_batch ON ledger_log (district, batch) WHERE batch <> 0;
