-- The calendar by which the running clocks were last computed, one row.
CREATE TABLE clock_calendar (
  id INTEGER PRIMARY KEY,
  spec {{json}} NOT NULL,
  at BIGINT NOT NULL
);
