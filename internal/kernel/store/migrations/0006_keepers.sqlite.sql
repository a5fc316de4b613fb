-- Texts come ready cut into tokens, separated by spaces; the ascii tokenizer keeps every other byte as it is.
CREATE VIRTUAL TABLE case_fts USING fts5(body, content='', contentless_delete=1, detail=full, tokenize='ascii');
