-- Co-building (共驻共建): what grids need, what organisations offer, what they
-- agreed, and the projects and matters (实事) that come of it.
CREATE TABLE co_need (
  {{ledger}},
  title TEXT NOT NULL,
  kind TEXT NOT NULL,
  people INTEGER NOT NULL,
  times TEXT NOT NULL,
  about TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes co_need}};
CREATE INDEX co_need_kind ON co_need (district, kind, street, id);
CREATE TABLE co_resource (
  {{ledger}},
  title TEXT NOT NULL,
  kind TEXT NOT NULL,
  people INTEGER NOT NULL,
  times TEXT NOT NULL,
  about TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes co_resource}};
CREATE INDEX co_resource_kind ON co_resource (district, kind, street, id);
CREATE TABLE co_agreement (
  {{ledger}},
  number TEXT NOT NULL,
  title TEXT NOT NULL,
  party TEXT NOT NULL,
  signed INTEGER NOT NULL,
  terms TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes co_agreement}};
CREATE UNIQUE INDEX co_agreement_number ON co_agreement (district, number) WHERE state NOT IN ('ended', 'void') AND number <> '';
CREATE INDEX co_agreement_to ON co_agreement (district, valid_to);
CREATE TABLE co_project (
  {{ledger}},
  title TEXT NOT NULL,
  kind TEXT NOT NULL,
  agreement BIGINT NOT NULL,
  force BIGINT NOT NULL,
  need BIGINT NOT NULL,
  resource TEXT NOT NULL,
  beneficiaries INTEGER NOT NULL,
  rated INTEGER NOT NULL,
  satisfied INTEGER NOT NULL,
  evidence TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes co_project}};
CREATE INDEX co_project_kind ON co_project (district, kind, street, id);
CREATE TABLE co_matter (
  {{ledger}},
  title TEXT NOT NULL,
  agreement BIGINT NOT NULL,
  beneficiaries INTEGER NOT NULL,
  rated INTEGER NOT NULL,
  satisfied INTEGER NOT NULL,
  evidence TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes co_matter}};
