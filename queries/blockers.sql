-- Who holds locks on some tables? Asked when the locks cannot be had.
-- Parameters: tables (an array of oids). One row for each other session, the oldest transaction first.
-- "seconds" is null where the server does not tell it of another role's session.
SELECT DISTINCT ON (a.xact_start, a.pid)
  a.pid                                   AS pid,
  coalesce(a.application_name, '')        AS application,
  coalesce(a.usename::text, '')           AS role,
  left(coalesce(a.query, ''), 200)        AS query,
  extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::float8 AS seconds
FROM pg_catalog.pg_locks l
JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation'
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND l.relation = ANY (:'tables')
  AND l.granted
  AND l.pid <> pg_catalog.pg_backend_pid()
ORDER BY a.xact_start, a.pid;
