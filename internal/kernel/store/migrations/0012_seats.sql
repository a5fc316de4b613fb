-- A call-back seat looks for what was drawn for it.
CREATE INDEX cases_seat ON cases (district, seat, draw) WHERE seat > 0;
