-- Everything a city may set differently. Append-only: a change is a new
-- version with a start date, and a case keeps the version it was filed under.
-- kind: category | calendar | routing | settings; key: the category's id, the
-- year, or 'city'. district 0 is the whole city. valid_to 0 means open-ended.
CREATE TABLE rule_version (
  district INTEGER NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_to INTEGER NOT NULL,
  body {{json}} NOT NULL,
  note TEXT NOT NULL,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (district, kind, key, version)
);

-- One row; raised with every publication, so that other processes reload.
CREATE TABLE rule_stamp (
  district INTEGER NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (district)
) {{norowid}};

INSERT INTO rule_stamp (district, n) VALUES (0, 0);
