-- Lists: the filters that hardly ever change ride at the end of the indexes that
-- lists walk in the order of report, so that a row is read from the table only
-- when it will most likely be shown. Status is in the indexes of the few open
-- and the few unusual ends alone: there it is what chooses, and an act then
-- moves no other entry.
DROP INDEX cases_time;
CREATE INDEX cases_time ON cases (district, reported_at, street, category, grade, channel, community, grid);
DROP INDEX cases_street;
CREATE INDEX cases_street ON cases (district, street, reported_at, community, category, grade, channel, grid);
DROP INDEX cases_category;
CREATE INDEX cases_category ON cases (district, category, reported_at, street, grade, channel, community, grid) WHERE category <> 0;
DROP INDEX cases_lead;
CREATE INDEX cases_lead ON cases (district, lead, reported_at, street, category, grade, channel, community, grid) WHERE lead <> 0;
DROP INDEX cases_open;
CREATE INDEX cases_open ON cases (district, reported_at, street, status, category, grade, channel, community, grid) WHERE open = 1;
CREATE INDEX cases_ended ON cases (district, status, reported_at, street, category, grade, channel) WHERE status IN ('declined', 'not_filed', 'merged', 'withdrawn', 'void');
