-- Who waits for the locks that a session holds?
-- Parameters: pid (of the holder). One row for each waiting session, the longest wait first.
-- Of another role's session the server may tell neither the query nor since when: "seconds" is null.
SELECT
  a.pid                                   AS pid,
  coalesce(a.application_name, '')        AS application,
  coalesce(a.usename::text, '')           AS role,
  -- Without the comments that a statement begins with.
  left(pg_catalog.regexp_replace(coalesce(a.query, ''), '^(\s*--[^\n]*\n)+', ''), 200) AS query,
  extract(epoch FROM pg_catalog.clock_timestamp() - a.query_start)::float8 AS seconds
FROM pg_catalog.pg_stat_activity a
WHERE :'pid'::int = ANY (pg_catalog.pg_blocking_pids(a.pid))
ORDER BY a.query_start;
