-- vault: personal fields, encrypted; files: uploads and their contents; search: where the indexer stands.

-- A known text under the key that belongs to this database, to recognise a missing or foreign key file.
CREATE TABLE vault_key (
  name TEXT NOT NULL PRIMARY KEY,
  body {{blob}} NOT NULL
);

CREATE TABLE vault_record (
  district    INTEGER NOT NULL,
  id          BIGINT NOT NULL,
  kind        TEXT NOT NULL,
  name        {{blob}},
  phone       {{blob}},
  contact     {{blob}},
  phone_index {{blob}},
  aead_key    BIGINT NOT NULL,
  index_key   BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  erased_at   BIGINT NOT NULL,
  PRIMARY KEY (district, id)
) {{norowid}};
CREATE INDEX vault_record_phone ON vault_record (district, phone_index) WHERE phone_index IS NOT NULL;

-- Who looked at what, and why.
CREATE TABLE vault_reveal (
  district  INTEGER NOT NULL,
  id        BIGINT NOT NULL,
  record    BIGINT NOT NULL,
  account   BIGINT NOT NULL,
  post      BIGINT NOT NULL,
  at        BIGINT NOT NULL,
  purpose   TEXT NOT NULL,
  PRIMARY KEY (district, id)
) {{norowid}};
CREATE INDEX vault_reveal_account ON vault_reveal (account, at);
CREATE INDEX vault_reveal_record ON vault_reveal (district, record);

-- One row an account, locked while its reveals are counted.
CREATE TABLE vault_quota (
  district INTEGER NOT NULL,
  account  BIGINT NOT NULL,
  n        BIGINT NOT NULL,
  PRIMARY KEY (district, account)
) {{norowid}};

-- Contents lie on disk under their hash. district is 0 until the file is
-- attached to an object, whose district it then takes.
CREATE TABLE file_ref (
  district    INTEGER NOT NULL,
  id          BIGINT NOT NULL,
  owner       BIGINT NOT NULL,
  status      TEXT NOT NULL,
  name        TEXT NOT NULL,
  type        TEXT NOT NULL,
  declared    BIGINT NOT NULL,
  checksum    TEXT NOT NULL,
  source      TEXT NOT NULL,
  sha         TEXT NOT NULL,
  size        BIGINT NOT NULL,
  thumb_size  BIGINT NOT NULL,
  width       INTEGER NOT NULL,
  height      INTEGER NOT NULL,
  client_key  TEXT,
  object_kind TEXT NOT NULL,
  object_id   BIGINT NOT NULL,
  place       INTEGER NOT NULL,
  created_at  BIGINT NOT NULL,
  attached_at BIGINT NOT NULL,
  PRIMARY KEY (district, id),
  UNIQUE (district, owner, client_key)
) {{norowid}};
CREATE INDEX file_ref_id ON file_ref (id);
CREATE INDEX file_ref_key ON file_ref (owner, client_key) WHERE client_key IS NOT NULL;
CREATE INDEX file_ref_object ON file_ref (district, object_kind, object_id) WHERE object_id <> 0;
CREATE INDEX file_ref_idle ON file_ref (created_at) WHERE object_id = 0;
CREATE INDEX file_ref_sha ON file_ref (sha);
CREATE INDEX file_ref_source ON file_ref (source);

-- Up to where each district's audit chain has been followed by the indexer.
CREATE TABLE search_cursor (
  district INTEGER NOT NULL PRIMARY KEY,
  idx      BIGINT NOT NULL
);
