-- Which sessions that began after a moment wait for a lock of this one?
-- Parameters: pid (ours), since (a timestamp of the server's clock). One row for each.
SELECT a.pid, a.application_name
FROM pg_catalog.pg_stat_activity a
WHERE a.backend_start >= :'since'::timestamptz
  AND a.datname = pg_catalog.current_database()
  AND :'pid'::int = ANY (pg_catalog.pg_blocking_pids(a.pid));
