-- Answers to requests that carried an Idempotency-Key, kept for a day. k is a
-- digest of account, operation and key (see web.Commit); district is the actor's
-- home, so that it does not depend on the body; status 0 without body: the
-- effect is known, its answer is computed again. With a rowid, so that bodies
-- lie in order of time and only the short index sees keys in random order.
CREATE TABLE idempotency (
  district INTEGER NOT NULL,
  k {{blob}} NOT NULL,
  at BIGINT NOT NULL,
  print {{blob}} NOT NULL,
  status INTEGER NOT NULL,
  body {{blob}},
  PRIMARY KEY (district, k)
);
CREATE INDEX idempotency_at ON idempotency (at);
-- Background work. state: 0 waiting or leased, 1 dead. lease_until 0: nobody has it.
-- rev counts the orders of a unique job, so that one that comes while it runs is not lost.
CREATE TABLE job (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  unique_key TEXT,
  rev INTEGER NOT NULL,
  state INTEGER NOT NULL,
  run_at BIGINT NOT NULL,
  attempts INTEGER NOT NULL,
  lease_until BIGINT NOT NULL,
  owner TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE INDEX job_due ON job (state, run_at);
CREATE UNIQUE INDEX job_unique ON job (district, kind, unique_key);
-- Work that recurs: one row a task, whoever leases it runs it.
CREATE TABLE periodic (
  district INTEGER NOT NULL,
  name TEXT NOT NULL,
  next_at BIGINT NOT NULL,
  lease_until BIGINT NOT NULL,
  owner TEXT NOT NULL,
  last_at BIGINT NOT NULL,
  last_micros BIGINT NOT NULL,
  last_error TEXT NOT NULL,
  PRIMARY KEY (district, name)
);
