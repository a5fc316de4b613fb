-- A form is approved by another person than the one who changed it last; note says
-- why it was not.
ALTER TABLE ledger_form ADD COLUMN changed_by BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ledger_form ADD COLUMN note TEXT NOT NULL DEFAULT '';
