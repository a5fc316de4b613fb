-- Registers of the grid workers: establishment, contracts, leave with cover,
-- recruitment, training.
CREATE TABLE staff_seat (
  {{ledger}},
  seats INTEGER NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes staff_seat}};

CREATE TABLE staff_contract (
  {{ledger}},
  account BIGINT NOT NULL,
  number TEXT NOT NULL,
  channel TEXT NOT NULL,
  since INTEGER NOT NULL,
  round BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes staff_contract}};
CREATE UNIQUE INDEX staff_contract_number ON staff_contract (district, number) WHERE state NOT IN ('ended', 'void');
CREATE INDEX staff_contract_account ON staff_contract (account);

CREATE TABLE staff_absence (
  {{ledger}},
  account BIGINT NOT NULL,
  kind TEXT NOT NULL,
  cover BIGINT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes staff_absence}};
CREATE INDEX staff_absence_account ON staff_absence (account);

CREATE TABLE staff_round (
  {{ledger}},
  name TEXT NOT NULL,
  seats INTEGER NOT NULL,
  deadline INTEGER NOT NULL,
  notice TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes staff_round}};

CREATE TABLE staff_candidate (
  {{ledger}},
  round BIGINT NOT NULL,
  name TEXT NOT NULL,
  phone TEXT NOT NULL,
  channel TEXT NOT NULL,
  score INTEGER NOT NULL,
  account BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes staff_candidate}};
CREATE INDEX staff_candidate_round ON staff_candidate (district, round);

CREATE TABLE staff_course (
  {{ledger}},
  name TEXT NOT NULL,
  hours INTEGER NOT NULL,
  required INTEGER NOT NULL,
  pass INTEGER NOT NULL,
  about TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes staff_course}};

CREATE TABLE staff_session (
  {{ledger}},
  course BIGINT NOT NULL,
  venue TEXT NOT NULL,
  teacher TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes staff_session}};

CREATE TABLE staff_attendance (
  {{ledger}},
  session BIGINT NOT NULL,
  account BIGINT NOT NULL,
  attended TEXT NOT NULL,
  score INTEGER NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes staff_attendance}};
CREATE INDEX staff_attendance_session ON staff_attendance (district, session);
CREATE INDEX staff_attendance_account ON staff_attendance (account);
