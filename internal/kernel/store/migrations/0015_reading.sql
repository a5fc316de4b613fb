-- Lists are walked in the order of report in an index that holds what filters
-- look at, so that a row is read only to be shown. An open case moves with each
-- act, so its entry may hold what acts change; an ended one has a status for good,
-- but for the archive. The due index serves lists by limit.
DROP INDEX cases_open;
CREATE INDEX cases_open ON cases (district, reported_at, street, status, category, grade, channel, community, grid, lead, due_at, lon, lat) WHERE open = 1;
DROP INDEX cases_ended;
DROP INDEX cases_closed;
CREATE INDEX cases_ended ON cases (district, status, reported_at, street, category, grade, channel, community, grid, lead, closed_at) WHERE open = 0;
DROP INDEX cases_due;
CREATE INDEX cases_due ON cases (district, due_at, street, category, grade, channel, community, grid, lead) WHERE open = 1 AND due_at > 0;
-- What the clocks have yet to note: each index holds no case in which it was noted.
CREATE INDEX cases_lapse ON cases (district, due_at) WHERE open = 1 AND due_at > 0 AND paused_at = 0 AND resolved_at = 0 AND (flags & 64) = 0;
CREATE INDEX cases_triage ON cases (district, stage_due_at) WHERE status IN ('reported', 'accepted') AND stage_due_at > 0 AND (flags & 1024) = 0;
CREATE INDEX cases_unsigned ON cases (district, dispatched_at) WHERE status = 'dispatched' AND (flags & 128) = 0;
-- The units that assist, in the order of report; the lead is in the case itself.
DROP INDEX case_unit_org;
CREATE INDEX case_unit_org ON case_unit (district, org, reported_at, case_id, role, ended);
