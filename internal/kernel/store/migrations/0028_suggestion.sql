-- What the classifier said of a case when it was reported, and each category
-- that the case then got. Nothing of the text is copied. guesses: [[category,
-- share], …]; routed: 1 if the program set the category; rank: the place of the
-- category among the guesses from 1, 0 if it is none of them; actor 0: the program.
CREATE TABLE suggestion (
  district INTEGER NOT NULL,
  case_id BIGINT NOT NULL,
  model BIGINT NOT NULL,
  at BIGINT NOT NULL,
  guesses TEXT NOT NULL,
  grade TEXT NOT NULL,
  wish TEXT NOT NULL,
  signals TEXT NOT NULL,
  routed INTEGER NOT NULL,
  PRIMARY KEY (district, case_id)
) {{norowid}};
CREATE TABLE suggestion_choice (
  district INTEGER NOT NULL,
  case_id BIGINT NOT NULL,
  seq INTEGER NOT NULL,
  at BIGINT NOT NULL,
  actor BIGINT NOT NULL,
  category BIGINT NOT NULL,
  rank INTEGER NOT NULL,
  PRIMARY KEY (district, case_id, seq)
) {{norowid}};
