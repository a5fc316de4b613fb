-- The archive looks every hour for what was closed long enough ago.
CREATE INDEX cases_closed ON cases (district, closed_at) WHERE status = 'closed';
