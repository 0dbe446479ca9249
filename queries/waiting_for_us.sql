-- Which sessions that were not connected before wait for a lock of this one?
-- Parameters: pid (ours), known (an array of the pids that were connected). One row for each.
-- Since when a session is connected the server does not tell of another role's.
SELECT a.pid, coalesce(a.application_name, '') AS application_name
FROM pg_catalog.pg_stat_activity a
WHERE NOT a.pid = ANY (:'known'::int[])
  AND a.datname = pg_catalog.current_database()
  AND :'pid'::int = ANY (pg_catalog.pg_blocking_pids(a.pid));
