-- Up to where each follower has read a district's audit chain. The row of
-- district 0 says that the follower has begun; chains that came later are read
-- from their beginning.
CREATE TABLE follow_cursor (
  district INTEGER NOT NULL,
  name     TEXT NOT NULL,
  idx      BIGINT NOT NULL,
  PRIMARY KEY (district, name)
) {{norowid}};

-- Messages to the outside. state: 0 waiting, 1 sent, 2 given up. person is the
-- vault record of who gets it, 0 for a system; once: at most one message has it.
CREATE TABLE outbox (
  district INTEGER NOT NULL,
  id       BIGINT NOT NULL,
  channel  TEXT NOT NULL,
  topic    TEXT NOT NULL,
  line     TEXT NOT NULL,
  object   BIGINT NOT NULL,
  person   BIGINT NOT NULL,
  payload  TEXT NOT NULL,
  once     TEXT,
  state    INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_at  BIGINT NOT NULL,
  made_at  BIGINT NOT NULL,
  done_at  BIGINT NOT NULL,
  receipt  TEXT NOT NULL,
  error    TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE UNIQUE INDEX outbox_once ON outbox (district, channel, once) WHERE once IS NOT NULL;
CREATE INDEX outbox_due ON outbox (channel, next_at) WHERE state = 0;
CREATE INDEX outbox_line ON outbox (district, channel, line, id) WHERE state = 0 AND line <> '';
CREATE INDEX outbox_list ON outbox (district, state, channel, id);
CREATE INDEX outbox_object ON outbox (district, object, id);
