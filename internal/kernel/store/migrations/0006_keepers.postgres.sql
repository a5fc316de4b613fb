-- Texts come ready cut into tokens with their positions.
CREATE TABLE case_fts (
  district INTEGER NOT NULL,
  id       BIGINT NOT NULL,
  doc      TSVECTOR NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE INDEX case_fts_doc ON case_fts USING GIN (doc);
