-- Accounts of programs: kind 'service', which never sign in, and their keys.
-- Of a key only its SHA-256 is kept; mark is its beginning, to tell keys apart.
-- per_second is its rate limit; ends the first day on which it no longer works
-- (yyyymmdd), 0 = none; used_on the last day of use; revoked_at 0 = not revoked.
ALTER TABLE account ADD COLUMN kind TEXT NOT NULL DEFAULT 'person';

CREATE TABLE api_key (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  account BIGINT NOT NULL,
  digest {{blob}} NOT NULL,
  mark TEXT NOT NULL,
  label TEXT NOT NULL,
  per_second INTEGER NOT NULL,
  ends INTEGER NOT NULL,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL,
  used_on INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE UNIQUE INDEX api_key_digest ON api_key (district, digest);
CREATE INDEX api_key_account ON api_key (district, account);
