-- Pay of grid workers. A rule holds from its month until the next one; a run is
-- one street's month; slips and corrections are only ever added once it is locked.
CREATE TABLE pay_rule (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  from_month INTEGER NOT NULL,
  name TEXT NOT NULL,
  items {{json}} NOT NULL,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE UNIQUE INDEX pay_rule_month ON pay_rule (district, from_month);

CREATE TABLE pay_run (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  street BIGINT NOT NULL,
  month INTEGER NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  rule BIGINT NOT NULL,
  slips INTEGER NOT NULL,
  total BIGINT NOT NULL,
  below INTEGER NOT NULL,
  prepared_by BIGINT NOT NULL,
  prepared_at BIGINT NOT NULL,
  checked_by BIGINT NOT NULL,
  checked_post BIGINT NOT NULL,
  checked_at BIGINT NOT NULL,
  locked_by BIGINT NOT NULL,
  locked_post BIGINT NOT NULL,
  locked_at BIGINT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE UNIQUE INDEX pay_run_month ON pay_run (district, street, month);

CREATE TABLE pay_slip (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  run BIGINT NOT NULL,
  account BIGINT NOT NULL,
  contract BIGINT NOT NULL,
  month INTEGER NOT NULL,
  community BIGINT NOT NULL,
  grid BIGINT NOT NULL,
  total BIGINT NOT NULL,
  lines {{json}} NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE INDEX pay_slip_run ON pay_slip (district, run);
CREATE INDEX pay_slip_account ON pay_slip (account, month);

-- run: the run that pays or takes back the difference, 0 until one does.
CREATE TABLE pay_correction (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  slip BIGINT NOT NULL,
  account BIGINT NOT NULL,
  month INTEGER NOT NULL,
  amount BIGINT NOT NULL,
  reason TEXT NOT NULL,
  run BIGINT NOT NULL,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE INDEX pay_correction_open ON pay_correction (district, account) WHERE run = 0;
CREATE INDEX pay_correction_slip ON pay_correction (district, slip);
