-- What belongs to a resident's report beside the case: the follow-up code (a keyed
-- hash), the form that it came by (so that sending it twice makes one case), the
-- language of notices and whether they are wanted; wrong codes tried.
CREATE TABLE resident_report (
  district INTEGER NOT NULL,
  case_id BIGINT NOT NULL,
  code {{blob}} NOT NULL,
  form TEXT NOT NULL,
  lang TEXT NOT NULL,
  notices INTEGER NOT NULL,
  made_at BIGINT NOT NULL,
  wrong INTEGER NOT NULL,
  wrong_at BIGINT NOT NULL,
  PRIMARY KEY (district, case_id),
  UNIQUE (district, form)
) {{norowid}};

-- Photos that the desk let the public see, or refused. A photo without a row was
-- not looked at yet and is not shown.
CREATE TABLE public_photo (
  district INTEGER NOT NULL,
  file BIGINT NOT NULL,
  case_id BIGINT NOT NULL,
  shown INTEGER NOT NULL,
  account BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (district, file)
) {{norowid}};
CREATE INDEX public_photo_case ON public_photo (district, case_id);
