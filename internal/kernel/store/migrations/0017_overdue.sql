-- Whether a clock stands or has stopped is in the indexes by which overdue cases
-- are listed: those that are not overdue after all need not be read.
DROP INDEX cases_open;
CREATE INDEX cases_open ON cases (district, reported_at, street, status, category, grade, channel, community, grid, lead, due_at, paused_at, resolved_at, lon, lat) WHERE open = 1;
DROP INDEX cases_due;
CREATE INDEX cases_due ON cases (district, due_at, street, category, grade, channel, community, grid, lead, paused_at, resolved_at) WHERE open = 1 AND due_at > 0;
