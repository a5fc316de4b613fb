-- The post through which a session acts; 0: all posts of the account.
ALTER TABLE session ADD COLUMN post BIGINT NOT NULL DEFAULT 0;
