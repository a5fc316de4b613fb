-- How the asking of the platform stands: one row of name 'orders', one of 'list'.
CREATE TABLE hotline_pull (
  district INTEGER NOT NULL,
  name TEXT NOT NULL,
  place TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  answered_at BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  failures INTEGER NOT NULL,
  error TEXT NOT NULL,
  taken BIGINT NOT NULL,
  PRIMARY KEY (district, name)
) {{norowid}};

-- The two sides of a day. verdict: equal, theirs (we have not got it), ours (they
-- do not list it), differs. Of a day only the last comparison is kept; theirs is
-- their row, without the caller; area, street and community are where the matter is.
CREATE TABLE hotline_match (
  district INTEGER NOT NULL,
  day INTEGER NOT NULL,
  number TEXT NOT NULL,
  verdict TEXT NOT NULL,
  reasons {{json}} NOT NULL,
  theirs {{json}} NOT NULL,
  order_id BIGINT NOT NULL,
  area INTEGER NOT NULL,
  street BIGINT NOT NULL,
  community BIGINT NOT NULL,
  compared_at BIGINT NOT NULL,
  PRIMARY KEY (district, day, number)
);
CREATE INDEX hotline_match_open ON hotline_match (district, day) WHERE verdict <> 'equal';
