-- Liaison (people/liaison): registers of kernel/ledger.
CREATE TABLE liaison_post (
  {{ledger}},
  kind TEXT NOT NULL,
  account BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes liaison_post}};
CREATE INDEX liaison_post_account ON liaison_post (district, account, id);

CREATE TABLE liaison_visit (
  {{ledger}},
  for_post BIGINT NOT NULL,
  quarter INTEGER NOT NULL,
  planned INTEGER NOT NULL,
  done INTEGER NOT NULL,
  came_with TEXT NOT NULL,
  found TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes liaison_visit}};
CREATE INDEX liaison_visit_post ON liaison_visit (district, for_post, quarter);
CREATE INDEX liaison_visit_quarter ON liaison_visit (district, quarter, id);

CREATE TABLE liaison_finding (
  {{ledger}},
  visit BIGINT NOT NULL,
  text TEXT NOT NULL,
  case_id BIGINT NOT NULL,
  case_number TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes liaison_finding}};
CREATE INDEX liaison_finding_visit ON liaison_finding (district, visit, id);

CREATE TABLE grid_contact (
  {{ledger}},
  role TEXT NOT NULL,
  name TEXT NOT NULL,
  phone TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes grid_contact}};
