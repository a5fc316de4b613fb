-- Which open cases lie near a place: a band of latitude is walked in the index, and
-- what has no position lies together by community.
CREATE INDEX cases_near ON cases (district, lat, lon, community, reported_at, street) WHERE open = 1;
