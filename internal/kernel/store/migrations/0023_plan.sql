-- Plans of grids: from chosen communities over runs and drafts to a decision.
-- Of a plan that covers one district, street or community these columns name
-- it; of one that covers more they are 0.
CREATE TABLE plan (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  street BIGINT NOT NULL,
  community BIGINT NOT NULL,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  communities {{json}} NOT NULL,
  units INTEGER NOT NULL,
  households INTEGER NOT NULL,
  ground {{blob}} NOT NULL,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);

-- A run works in one process, which says every second that it lives.
CREATE TABLE plan_run (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  plan BIGINT NOT NULL,
  status TEXT NOT NULL,
  options {{json}} NOT NULL,
  progress {{json}} NOT NULL,
  beat_at BIGINT NOT NULL,
  cancelled INTEGER NOT NULL,
  started_by BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE INDEX plan_run_plan ON plan_run (district, plan);

-- grid is the assignment before the first edit; version counts the edits.
CREATE TABLE plan_draft (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  plan BIGINT NOT NULL,
  run BIGINT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  version INTEGER NOT NULL,
  options {{json}} NOT NULL,
  grid {{blob}} NOT NULL,
  report {{json}} NOT NULL,
  authors {{json}} NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE INDEX plan_draft_plan ON plan_draft (district, plan);

-- Everything that was done to a draft, undoing and redoing included. Rows are
-- only ever added; a draft is its first assignment and these, in order.
CREATE TABLE plan_edit (
  district INTEGER NOT NULL,
  draft BIGINT NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body {{json}} NOT NULL,
  actor BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (district, draft, seq)
) {{norowid}};

-- Who asked, approved, declined, published and took back, and why.
CREATE TABLE plan_decision (
  district INTEGER NOT NULL,
  draft BIGINT NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  note TEXT NOT NULL,
  day INTEGER NOT NULL,
  publication BIGINT NOT NULL,
  actor BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (district, draft, seq)
) {{norowid}};

-- What a publication means for people and open cases, and how far it was done.
CREATE TABLE plan_handover (
  district INTEGER NOT NULL,
  publication BIGINT NOT NULL,
  draft BIGINT NOT NULL,
  day INTEGER NOT NULL,
  status TEXT NOT NULL,
  body {{json}} NOT NULL,
  PRIMARY KEY (district, publication)
);
