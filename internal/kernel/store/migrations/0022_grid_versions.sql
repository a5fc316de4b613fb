-- Grids planned anew. A publication says what the grids of some communities are
-- from a day on; it can be undone before that day. What was loaded first stays
-- as it was: the grids of a day are the loaded ones under all publications that
-- have begun and were not undone, in order of their first days.
CREATE TABLE grid_publication (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  valid_from INTEGER NOT NULL,
  communities {{json}} NOT NULL,
  published_by BIGINT NOT NULL,
  published_at BIGINT NOT NULL,
  undone_by BIGINT NOT NULL,
  undone_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);

-- ended 1: from valid_from on the grid is no more.
CREATE TABLE grid_version (
  district INTEGER NOT NULL,
  publication BIGINT NOT NULL,
  grid BIGINT NOT NULL,
  valid_from INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  kind TEXT NOT NULL,
  purpose TEXT NOT NULL,
  community BIGINT NOT NULL,
  name TEXT NOT NULL,
  code BIGINT NOT NULL,
  polygon TEXT NOT NULL,
  households INTEGER NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (district, publication, grid)
);

CREATE TABLE building_grid (
  district INTEGER NOT NULL,
  publication BIGINT NOT NULL,
  building BIGINT NOT NULL,
  grid BIGINT NOT NULL,
  PRIMARY KEY (district, publication, building)
) {{norowid}};

-- Installations of before learn who plans and who approves.
UPDATE role SET perms = REPLACE(perms, '"region.write"', '"region.write","plan.write"') WHERE code = 'admin';
UPDATE role SET perms = REPLACE(perms, '"figure.read"', '"figure.read","plan.approve"') WHERE code IN ('district_desk', 'leader');
