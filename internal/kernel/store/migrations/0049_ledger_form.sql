-- The city's own fields on declared registers (register: its code) and own
-- registers ('form_row'), as data: body is JSON, what is asked and why. A form is
-- draft, published or closed; read_at is when somebody last read what it gathered.
CREATE TABLE ledger_form (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  version INTEGER NOT NULL,
  register TEXT NOT NULL,
  state TEXT NOT NULL,
  body {{json}} NOT NULL,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  published_by BIGINT NOT NULL,
  published_at BIGINT NOT NULL,
  read_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE INDEX ledger_form_register ON ledger_form (district, register, state);

-- Rows of the city's own registers; what their form asks lies in extra.
CREATE TABLE form_row (
  {{ledger}},
  form BIGINT NOT NULL,
  title TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes form_row}};
CREATE INDEX form_row_form ON form_row (district, form, street, id);
