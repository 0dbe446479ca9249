-- Which sessions are connected to the server?
-- Parameters: none. One row for each, with its pid.
SELECT a.pid FROM pg_catalog.pg_stat_activity a WHERE a.pid IS NOT NULL;
