-- More of a case's life: the unit that it complains about, pauses of the clock
-- that wait for the reporter, the stages within handling, and when the program
-- next has something to note about it. pauses counts the waits; stages is JSON.
ALTER TABLE cases ADD COLUMN against BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN pauses INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN stages TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN next_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX cases_next ON cases (district, next_at) WHERE next_at > 0;
