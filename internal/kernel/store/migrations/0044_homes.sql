-- Homes and the care needs of those who live there: registers of kernel/ledger,
-- declared in grid/household. A home hangs on its building; its grid is the
-- building's.
CREATE TABLE home (
  {{ledger}},
  building BIGINT NOT NULL,
  unit TEXT NOT NULL,
  floor INTEGER NOT NULL,
  room TEXT NOT NULL,
  use_now TEXT NOT NULL,
  people INTEGER NOT NULL,
  langs TEXT NOT NULL,
  name TEXT NOT NULL,
  phone TEXT NOT NULL,
  consent INTEGER NOT NULL,
  every_days INTEGER NOT NULL,
  hint TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes home}};
CREATE INDEX home_building ON home (district, building, unit, room);

CREATE TABLE care_need (
  {{ledger}},
  home BIGINT NOT NULL,
  kind TEXT NOT NULL,
  purpose TEXT NOT NULL,
  source TEXT NOT NULL,
  consent INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes care_need}};
CREATE INDEX care_need_home ON care_need (district, home);
