-- Orders of the 12345 hotline. They are the city's: district is 0 in every row,
-- because the number of an order is one in the whole city while its place may be
-- corrected from one district to another. area, street and community say where
-- the matter is (0: unknown), by which posts reach it. case_id 0: no case (yet);
-- then matter holds what the order says and caller the vault record of who called.
CREATE TABLE hotline_order (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  number TEXT NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  via TEXT NOT NULL,
  title TEXT NOT NULL,
  area INTEGER NOT NULL,
  street BIGINT NOT NULL,
  community BIGINT NOT NULL,
  case_district INTEGER NOT NULL,
  case_id BIGINT NOT NULL,
  case_number TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  their_category TEXT NOT NULL,
  reply_format TEXT NOT NULL,
  caller BIGINT NOT NULL,
  matter {{json}} NOT NULL,
  faults {{json}} NOT NULL,
  rule TEXT NOT NULL,
  rule_version INTEGER NOT NULL,
  answer TEXT NOT NULL,
  attention TEXT NOT NULL,
  day INTEGER NOT NULL,
  received_at BIGINT NOT NULL,
  decided_by BIGINT NOT NULL,
  decided_at BIGINT NOT NULL,
  said TEXT NOT NULL,
  said_at BIGINT NOT NULL,
  acked TEXT NOT NULL,
  acked_at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE UNIQUE INDEX hotline_order_number ON hotline_order (district, number);
CREATE INDEX hotline_order_case ON hotline_order (district, case_id) WHERE case_id > 0;
CREATE INDEX hotline_order_state ON hotline_order (district, state, id);
CREATE INDEX hotline_order_day ON hotline_order (district, day);
CREATE INDEX hotline_order_attention ON hotline_order (district, id) WHERE attention <> '';

-- What came in about an order, in order. digest is of the whole message: the same
-- message again changes nothing and is answered with outcome. applied 0: it waits
-- until the order is a case.
CREATE TABLE hotline_in (
  district INTEGER NOT NULL,
  id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  number TEXT NOT NULL,
  kind TEXT NOT NULL,
  via TEXT NOT NULL,
  digest TEXT NOT NULL,
  note TEXT NOT NULL,
  outcome {{json}} NOT NULL,
  applied INTEGER NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (district, id)
);
CREATE UNIQUE INDEX hotline_in_digest ON hotline_in (district, number, digest);
CREATE INDEX hotline_in_order ON hotline_in (district, order_id, id);
CREATE INDEX hotline_in_waiting ON hotline_in (district, id) WHERE applied = 0;

-- Nonces of signed requests, for as long as their time is within the window.
CREATE TABLE hotline_nonce (
  district INTEGER NOT NULL,
  nonce TEXT NOT NULL,
  digest TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (district, nonce)
) {{norowid}};
CREATE INDEX hotline_nonce_at ON hotline_nonce (district, at);

-- Mapping, rules and the shape of the exchange: versioned, only ever added to.
CREATE TABLE hotline_setting (
  district INTEGER NOT NULL,
  kind TEXT NOT NULL,
  version INTEGER NOT NULL,
  body {{json}} NOT NULL,
  note TEXT NOT NULL,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (district, kind, version)
);
