-- Uploads that a record names before they are there, by the client's own ids.
CREATE TABLE file_await (
  district    INTEGER NOT NULL,
  owner       BIGINT NOT NULL,
  client_key  TEXT NOT NULL,
  object_kind TEXT NOT NULL,
  object_id   BIGINT NOT NULL,
  neutral     INTEGER NOT NULL,
  made_at     BIGINT NOT NULL,
  PRIMARY KEY (district, owner, client_key)
) {{norowid}};
CREATE INDEX file_await_key ON file_await (owner, client_key);
CREATE INDEX file_await_at ON file_await (made_at);
