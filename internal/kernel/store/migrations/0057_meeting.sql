-- Joint meetings of a street (9 digits) or a community (12). community 0: the
-- street's own. quarter is year*10 + 1…4. state: planned, invited, held, minuted,
-- cancelled.
CREATE TABLE meeting (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  state TEXT NOT NULL,
  title TEXT NOT NULL,
  street BIGINT NOT NULL,
  community BIGINT NOT NULL,
  quarter INTEGER NOT NULL,
  at BIGINT NOT NULL,
  place TEXT NOT NULL,
  minutes TEXT NOT NULL,
  convener BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  held_at BIGINT NOT NULL,
  minuted_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
) {{norowid}};
CREATE INDEX meeting_street ON meeting (district, street, id);

-- The agenda, in order of n. kind: case, request, resource, task, topic; ref is
-- the id of what it came from. taken 0: left out by the convener.
CREATE TABLE meeting_item (
  district INTEGER NOT NULL,
  meeting_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  n INTEGER NOT NULL,
  kind TEXT NOT NULL,
  ref BIGINT NOT NULL,
  title TEXT NOT NULL,
  why TEXT NOT NULL,
  taken INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (district, meeting_id, id)
) {{norowid}};

-- Who is invited: organisations of the list, or a guest by name (org 0). answer:
-- '', yes, no. present: 1 came, 0 did not or the meeting is still to come.
CREATE TABLE meeting_guest (
  district INTEGER NOT NULL,
  meeting_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  org BIGINT NOT NULL,
  name TEXT NOT NULL,
  answer TEXT NOT NULL,
  person TEXT NOT NULL,
  present INTEGER NOT NULL,
  PRIMARY KEY (district, meeting_id, id)
) {{norowid}};
CREATE INDEX meeting_guest_org ON meeting_guest (district, org, meeting_id) WHERE org > 0;

-- Decisions: each a task of one organisation until a day. state: open, reported
-- (the owner says that it is done), done, dropped. item_id: of its agenda.
CREATE TABLE meeting_task (
  district INTEGER NOT NULL,
  meeting_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  item_id BIGINT NOT NULL,
  street BIGINT NOT NULL,
  community BIGINT NOT NULL,
  org BIGINT NOT NULL,
  title TEXT NOT NULL,
  due INTEGER NOT NULL,
  state TEXT NOT NULL,
  result TEXT NOT NULL,
  ended_at BIGINT NOT NULL,
  PRIMARY KEY (district, meeting_id, id)
) {{norowid}};
CREATE INDEX meeting_task_open ON meeting_task (district, street, community) WHERE state IN ('open', 'reported');
CREATE INDEX meeting_task_org ON meeting_task (district, org, state);
