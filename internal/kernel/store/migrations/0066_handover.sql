-- What somebody who left a grid, or is covered there, handed to whom: the open
-- cases and visit tasks of that moment, and what could only be told (homes in
-- care that nobody had visited, records still on phones). Only ever added to.
CREATE TABLE staff_handover (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  contract BIGINT NOT NULL,
  account BIGINT NOT NULL,
  taker BIGINT NOT NULL,
  street BIGINT NOT NULL,
  community BIGINT NOT NULL,
  grid BIGINT NOT NULL,
  day INTEGER NOT NULL,
  cases {{json}} NOT NULL,
  tasks {{json}} NOT NULL,
  homes INTEGER NOT NULL,
  unsent INTEGER NOT NULL,
  note TEXT NOT NULL,
  actor BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
) {{norowid}};
CREATE INDEX staff_handover_contract ON staff_handover (district, contract);
CREATE INDEX staff_handover_taker ON staff_handover (taker);
