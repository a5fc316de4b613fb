-- The party chain (people/party): registers of kernel/ledger.
CREATE TABLE party_org (
  {{ledger}},
  name TEXT NOT NULL,
  level TEXT NOT NULL,
  parent BIGINT NOT NULL,
  covers TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes party_org}};
CREATE INDEX party_org_parent ON party_org (district, parent, id);
CREATE INDEX party_org_level ON party_org (district, level, street, id);

CREATE TABLE party_rank (
  {{ledger}},
  holder BIGINT NOT NULL,
  rank TEXT NOT NULL,
  how TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes party_rank}};
CREATE INDEX party_rank_holder ON party_rank (district, holder, valid_from);
CREATE INDEX party_rank_how ON party_rank (district, how, id);

CREATE TABLE party_post (
  {{ledger}},
  holder BIGINT NOT NULL,
  office TEXT NOT NULL,
  name TEXT NOT NULL,
  phone TEXT NOT NULL,
  account BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes party_post}};
CREATE INDEX party_post_holder ON party_post (district, holder, office);
CREATE INDEX party_post_office ON party_post (district, office, street, id);
CREATE INDEX party_post_ends ON party_post (district, valid_to, id) WHERE valid_to <> 0;

CREATE TABLE party_member (
  {{ledger}},
  name TEXT NOT NULL,
  phone TEXT NOT NULL,
  holder BIGINT NOT NULL,
  kind TEXT NOT NULL,
  employer BIGINT NOT NULL,
  checked_in INTEGER NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes party_member}};
CREATE INDEX party_member_kind ON party_member (district, kind, street, id);
CREATE INDEX party_member_employer ON party_member (district, employer, id);

CREATE TABLE party_household (
  {{ledger}},
  in_group BIGINT NOT NULL,
  building TEXT NOT NULL,
  host TEXT NOT NULL,
  phone TEXT NOT NULL,
  tasks TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes party_household}};
CREATE INDEX party_household_in_group ON party_household (district, in_group, id);

CREATE TABLE party_claim (
  {{ledger}},
  member BIGINT NOT NULL,
  task TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes party_claim}};
CREATE INDEX party_claim_member ON party_claim (district, member, task);

CREATE TABLE party_need (
  {{ledger}},
  member BIGINT NOT NULL,
  day INTEGER NOT NULL,
  homes INTEGER NOT NULL,
  wish TEXT NOT NULL,
  case_number TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes party_need}};
CREATE INDEX party_need_day ON party_need (district, day, id);

CREATE TABLE party_side (
  {{ledger}},
  side TEXT NOT NULL,
  name TEXT NOT NULL,
  holder BIGINT NOT NULL,
  partner BIGINT NOT NULL,
  contact TEXT NOT NULL,
  phone TEXT NOT NULL,
  rhythm TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes party_side}};
CREATE INDEX party_side_partner ON party_side (district, partner, id) WHERE partner <> 0;

CREATE TABLE party_matter (
  {{ledger}},
  text TEXT NOT NULL,
  raised_by TEXT NOT NULL,
  raised INTEGER NOT NULL,
  solved INTEGER NOT NULL,
  result TEXT NOT NULL,
  case_number TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes party_matter}};
CREATE INDEX party_matter_raised ON party_matter (district, raised, id);
