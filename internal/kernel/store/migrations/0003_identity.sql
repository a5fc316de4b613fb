-- People and what they are: roles, organisations, accounts, posts, sessions.
-- Accounts, their posts and sessions are the city's and lie at district 0;
-- account.home is the district that keeps the account, 0 the city.
CREATE TABLE role (
  district INTEGER NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  level TEXT NOT NULL,
  depths {{json}} NOT NULL,
  office TEXT NOT NULL,
  perms {{json}} NOT NULL,
  sort INTEGER NOT NULL,
  PRIMARY KEY (district, code)
);

-- district: where the organisation lies, 0 for one of the city itself. Days are
-- yyyymmdd; valid_to is the first day no longer in force, 0 = open. The audit
-- trail keeps earlier versions.
CREATE TABLE org (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  short TEXT NOT NULL,
  kind TEXT NOT NULL,
  region BIGINT NOT NULL,
  parent BIGINT NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_to INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE UNIQUE INDEX org_code ON org (district, code);

-- hash: argon2id in PHC form, '' = cannot sign in. disabled_at 0 = not disabled.
CREATE TABLE account (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  login TEXT NOT NULL,
  name TEXT NOT NULL,
  lang TEXT NOT NULL,
  home INTEGER NOT NULL,
  hash TEXT NOT NULL,
  must_change INTEGER NOT NULL,
  disabled_at BIGINT NOT NULL,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE UNIQUE INDEX account_login ON account (district, login);

CREATE TABLE post (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  account BIGINT NOT NULL,
  role TEXT NOT NULL,
  region BIGINT NOT NULL,
  grid BIGINT NOT NULL,
  org BIGINT NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_to INTEGER NOT NULL,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE INDEX post_account ON post (district, account);

-- Of the token only its SHA-256 is kept.
CREATE TABLE session (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  account BIGINT NOT NULL,
  digest {{blob}} NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  source TEXT NOT NULL,
  agent TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE UNIQUE INDEX session_digest ON session (district, digest);
CREATE INDEX session_account ON session (district, account);

-- Failed sign-ins by login and by source; key is a digest, known or not.
CREATE TABLE sign_in_delay (
  district INTEGER NOT NULL,
  key TEXT NOT NULL,
  fails INTEGER NOT NULL,
  last BIGINT NOT NULL,
  until BIGINT NOT NULL,
  PRIMARY KEY (district, key)
) {{norowid}};

-- One row; raised by every change of roles, organisations, accounts and posts,
-- so that other processes reload their directory.
CREATE TABLE identity_stamp (
  district INTEGER NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (district)
) {{norowid}};

INSERT INTO identity_stamp (district, n) VALUES (0, 0);
