-- Rows that turned out to be another home's door, by the home that was kept: what
-- was noted under them belongs to it.
CREATE TABLE home_joined (
  district INTEGER NOT NULL,
  joined   BIGINT NOT NULL,
  home     BIGINT NOT NULL,
  PRIMARY KEY (district, joined)
) {{norowid}};
CREATE INDEX home_joined_home ON home_joined (district, home);
