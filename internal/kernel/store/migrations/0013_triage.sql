-- The clocks' round every few seconds looks among the open cases for those whose
-- triage limit has passed: with the limit in the index it reads no other row.
DROP INDEX cases_open;
CREATE INDEX cases_open ON cases (district, reported_at, street, status, category, grade, channel, community, grid, stage_due_at) WHERE open = 1;
