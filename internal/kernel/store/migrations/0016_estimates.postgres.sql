-- Columns that follow from one another: taken as independent, PostgreSQL expects
-- a handful of overdue cases where there are thousands, and sorts them all.
CREATE STATISTICS cases_state (mcv) ON open, status, paused_at, resolved_at FROM cases;
CREATE STATISTICS cases_place (dependencies) ON district, street, community FROM cases;
