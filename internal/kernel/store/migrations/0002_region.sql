-- Regions, grids, buildings and named places. Reference lists of the city:
-- small, read into memory by every process (region.Atlas).

-- One row for each version of a region; the row with the highest version whose
-- valid_from has come is the one in force. district 0 holds the city itself.
CREATE TABLE region (
  district INTEGER NOT NULL,
  code BIGINT NOT NULL,
  version INTEGER NOT NULL,
  parent BIGINT NOT NULL,
  name TEXT NOT NULL,
  polygon TEXT NOT NULL,
  households INTEGER NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_to INTEGER NOT NULL,
  note TEXT NOT NULL,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (district, code, version)
);

CREATE TABLE grid (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  purpose TEXT NOT NULL,
  community BIGINT NOT NULL,
  name TEXT NOT NULL,
  polygon TEXT NOT NULL,
  households INTEGER NOT NULL,
  note TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_to INTEGER NOT NULL,
  PRIMARY KEY (district, id)
);

-- A grid's code changes when the city is planned anew; its id never does.
CREATE TABLE grid_code (
  district INTEGER NOT NULL,
  grid BIGINT NOT NULL,
  valid_from INTEGER NOT NULL,
  code BIGINT NOT NULL,
  valid_to INTEGER NOT NULL,
  PRIMARY KEY (district, grid, valid_from)
) {{norowid}};

CREATE UNIQUE INDEX grid_code_code ON grid_code (district, code, valid_from);

CREATE TABLE compound (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  name TEXT NOT NULL,
  community BIGINT NOT NULL,
  lon DOUBLE PRECISION NOT NULL,
  lat DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (district, id)
) {{norowid}};

-- lon, lat: the entrance.
CREATE TABLE building (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  compound BIGINT NOT NULL,
  grid BIGINT NOT NULL,
  community BIGINT NOT NULL,
  lon DOUBLE PRECISION NOT NULL,
  lat DOUBLE PRECISION NOT NULL,
  households INTEGER NOT NULL,
  PRIMARY KEY (district, id)
) {{norowid}};

-- Roads and points of interest, for the search. refs: JSON, what the place stands for.
CREATE TABLE place (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  community BIGINT NOT NULL,
  lon DOUBLE PRECISION NOT NULL,
  lat DOUBLE PRECISION NOT NULL,
  refs {{json}} NOT NULL,
  PRIMARY KEY (district, id)
) {{norowid}};

-- One row; every change of the tables above raises n, which is how other
-- processes learn that their atlas is old.
CREATE TABLE region_stamp (
  district INTEGER NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (district)
) {{norowid}};

INSERT INTO region_stamp (district, n) VALUES (0, 0);
