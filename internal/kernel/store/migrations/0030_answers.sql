-- What the reporter answered to the category's questions, as JSON; '' = nothing.
ALTER TABLE cases ADD COLUMN answers TEXT NOT NULL DEFAULT '';
