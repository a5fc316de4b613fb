-- Whether a telephone number may stand on a grid's notice board: not unless
-- somebody says so.
ALTER TABLE party_post ADD COLUMN board INTEGER NOT NULL DEFAULT 0;
ALTER TABLE party_side ADD COLUMN board INTEGER NOT NULL DEFAULT 0;
ALTER TABLE grid_contact ADD COLUMN board INTEGER NOT NULL DEFAULT 0;
