-- Early signs: more reports than usual of a kind in a community in a week. state:
-- open, taken (somebody looks after it), dismissed. expected, p: the base rate and
-- the chance of n or more, as they were when it was found; weeks: JSON, the counts.
CREATE TABLE early_sign (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  street BIGINT NOT NULL,
  community BIGINT NOT NULL,
  category BIGINT NOT NULL,
  first_day INTEGER NOT NULL,
  last_day INTEGER NOT NULL,
  n INTEGER NOT NULL,
  expected DOUBLE PRECISION NOT NULL,
  usual INTEGER NOT NULL,
  p DOUBLE PRECISION NOT NULL,
  weeks {{json}} NOT NULL,
  found_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  account BIGINT NOT NULL,
  decided_at BIGINT NOT NULL,
  note TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (district, id)
) {{norowid}};
CREATE UNIQUE INDEX early_sign_cell ON early_sign (district, last_day, community, category);
