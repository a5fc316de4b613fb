-- Rules of visits: who or what is due how often, versioned, only ever added to.
-- area 0: the whole city, and district 0; else the region whose own rule it is.
-- body: JSON, see patrol.Rule.
CREATE TABLE visit_rule (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  version INTEGER NOT NULL,
  area BIGINT NOT NULL,
  street BIGINT NOT NULL,
  community BIGINT NOT NULL,
  valid_from INTEGER NOT NULL,
  body {{json}} NOT NULL,
  note TEXT NOT NULL,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (district, id, version)
) {{norowid}};

-- What is due. target: the home, building or hazard (case) that the rule is about.
-- anchor: the day on which the rule was last met for the target, 0: never; it makes
-- one task of one obligation, however often it is generated. day: planned for this
-- day, 0 none; again: not to be planned before this day. visit: what settled it.
CREATE TABLE visit_task (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  rule BIGINT NOT NULL,
  rule_version INTEGER NOT NULL,
  target BIGINT NOT NULL,
  anchor INTEGER NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  street BIGINT NOT NULL,
  community BIGINT NOT NULL,
  grid BIGINT NOT NULL,
  building BIGINT NOT NULL,
  home BIGINT NOT NULL,
  case_id BIGINT NOT NULL,
  lon DOUBLE PRECISION NOT NULL,
  lat DOUBLE PRECISION NOT NULL,
  title TEXT NOT NULL,
  priority INTEGER NOT NULL,
  minutes INTEGER NOT NULL,
  from_day INTEGER NOT NULL,
  due_day INTEGER NOT NULL,
  again INTEGER NOT NULL,
  day INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  worker BIGINT NOT NULL,
  tries INTEGER NOT NULL,
  visit BIGINT NOT NULL,
  done_day INTEGER NOT NULL,
  reason TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE UNIQUE INDEX visit_task_once ON visit_task (district, rule, target, anchor);
CREATE INDEX visit_task_open ON visit_task (district, community, due_day) WHERE state = 'open';
CREATE INDEX visit_task_grid ON visit_task (district, grid, day);
CREATE INDEX visit_task_home ON visit_task (district, home) WHERE state = 'open' AND home > 0;
CREATE INDEX visit_task_due ON visit_task (district, due_day);

-- The last day on which a rule was met for a target.
CREATE TABLE visit_mark (
  district INTEGER NOT NULL,
  rule BIGINT NOT NULL,
  target BIGINT NOT NULL,
  community BIGINT NOT NULL,
  day INTEGER NOT NULL,
  PRIMARY KEY (district, rule, target)
) {{norowid}};
CREATE INDEX visit_mark_community ON visit_mark (district, community);

-- Visits as they were made; only ever added to, but for the case that came of one.
-- client: the phone's own name for it, by which a second time is known.
CREATE TABLE visit (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  client TEXT NOT NULL,
  account BIGINT NOT NULL,
  post BIGINT NOT NULL,
  street BIGINT NOT NULL,
  community BIGINT NOT NULL,
  grid BIGINT NOT NULL,
  building BIGINT NOT NULL,
  home BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  tasks {{json}} NOT NULL,
  answers {{json}} NOT NULL,
  note TEXT NOT NULL,
  wish TEXT NOT NULL,
  lon DOUBLE PRECISION NOT NULL,
  lat DOUBLE PRECISION NOT NULL,
  photos {{json}} NOT NULL,
  case_id BIGINT NOT NULL,
  day INTEGER NOT NULL,
  at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE UNIQUE INDEX visit_client ON visit (district, client);
CREATE INDEX visit_grid ON visit (district, grid, id);
CREATE INDEX visit_home ON visit (district, home, id) WHERE home > 0;

-- A case that named its visit before the visit had come.
CREATE TABLE visit_case (
  district INTEGER NOT NULL,
  client TEXT NOT NULL,
  case_id BIGINT NOT NULL,
  PRIMARY KEY (district, client)
) {{norowid}};

-- That a grid's day was planned; one row makes it once.
CREATE TABLE visit_day (
  district INTEGER NOT NULL,
  grid BIGINT NOT NULL,
  day INTEGER NOT NULL,
  minutes INTEGER NOT NULL,
  planned_at BIGINT NOT NULL,
  PRIMARY KEY (district, grid, day)
) {{norowid}};
