-- Models that were learned from the city's own cases. until: the newest case
-- that it learned from (reported_at); figures: how it and the one in force did
-- on cases that neither had seen. model and grade are empty once they are old.
CREATE TABLE learned (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  made_by BIGINT NOT NULL,
  until BIGINT NOT NULL,
  examples INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  figures TEXT NOT NULL,
  model {{blob}} NOT NULL,
  grade {{blob}} NOT NULL,
  PRIMARY KEY (district, id)
);
-- Which model is in force: the last row's. model 0: the categories' own words.
CREATE TABLE learned_live (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  model BIGINT NOT NULL,
  at BIGINT NOT NULL,
  actor BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
