-- Social forces (社会力量): property companies, enterprises, social organisations,
-- what they do, and sessions of volunteers with those who sign up.
CREATE TABLE force (
  {{ledger}},
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  number TEXT NOT NULL,
  qualification TEXT NOT NULL,
  services TEXT NOT NULL,
  contact TEXT NOT NULL,
  phone TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes force}};
CREATE UNIQUE INDEX force_name ON force (district, name) WHERE state NOT IN ('ended', 'void');
CREATE UNIQUE INDEX force_number ON force (district, number) WHERE state NOT IN ('ended', 'void') AND number <> '';
CREATE INDEX force_kind ON force (district, kind, street, id);
CREATE TABLE force_commissioner (
  {{ledger}},
  force BIGINT NOT NULL,
  title TEXT NOT NULL,
  name TEXT NOT NULL,
  phone TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes force_commissioner}};
CREATE INDEX force_commissioner_force ON force_commissioner (district, force);
CREATE TABLE force_batch (
  {{ledger}},
  force BIGINT NOT NULL,
  title TEXT NOT NULL,
  kind TEXT NOT NULL,
  day INTEGER NOT NULL,
  place TEXT NOT NULL,
  served INTEGER NOT NULL,
  rated INTEGER NOT NULL,
  satisfied INTEGER NOT NULL,
  feedback TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes force_batch}};
CREATE INDEX force_batch_force ON force_batch (district, force, day);
CREATE TABLE volunteer_session (
  {{ledger}},
  title TEXT NOT NULL,
  kind TEXT NOT NULL,
  force BIGINT NOT NULL,
  day INTEGER NOT NULL,
  starts TEXT NOT NULL,
  hours DOUBLE PRECISION NOT NULL,
  place TEXT NOT NULL,
  seats INTEGER NOT NULL,
  came INTEGER NOT NULL,
  served INTEGER NOT NULL,
  code TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes volunteer_session}};
CREATE UNIQUE INDEX volunteer_session_code ON volunteer_session (district, code) WHERE state NOT IN ('ended', 'void') AND code <> '';
CREATE INDEX volunteer_session_day ON volunteer_session (district, day);
CREATE TABLE volunteer_turn (
  {{ledger}},
  session BIGINT NOT NULL,
  name TEXT NOT NULL,
  phone TEXT NOT NULL,
  hours DOUBLE PRECISION NOT NULL,
  certified INTEGER NOT NULL,
  code TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes volunteer_turn}};
CREATE INDEX volunteer_turn_session ON volunteer_turn (district, session, id);

-- How many places of a session are taken. A row of its own: those who come at
-- the same moment must see each other.
CREATE TABLE volunteer_seat (
  district INTEGER NOT NULL,
  session BIGINT NOT NULL,
  taken INTEGER NOT NULL,
  PRIMARY KEY (district, session)
) {{norowid}};
