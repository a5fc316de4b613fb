-- Imports into registers: who brought which file, and whether it was undone. The
-- rows are those of ledger_log with its id.
CREATE TABLE ledger_import (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  register TEXT NOT NULL,
  account BIGINT NOT NULL,
  at BIGINT NOT NULL,
  file TEXT NOT NULL,
  digest TEXT NOT NULL,
  added INTEGER NOT NULL,
  state TEXT NOT NULL,
  undone_by BIGINT NOT NULL,
  undone_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE INDEX ledger_import_register ON ledger_import (district, register, id);

-- Saved views of a register's list: an account's own (office ''), or those of an
-- office (role and place of the post) for all who hold it.
CREATE TABLE ledger_view (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  register TEXT NOT NULL,
  account BIGINT NOT NULL,
  office TEXT NOT NULL,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE INDEX ledger_view_register ON ledger_view (district, register, account);
