-- Who holds locks on some tables and views? Asked when the locks cannot be had.
-- Parameters: relations (an array of oids). One row for each other session, the oldest transaction first.
-- "seconds" is null where the server does not tell it of another role's session.
-- A prepared transaction has no session: its pid is 0, and its query is how it is ended.
SELECT DISTINCT
  coalesce(a.pid, 0)                      AS pid,
  CASE WHEN p.gid IS NULL THEN coalesce(a.application_name, '') ELSE 'prepared transaction' END
                                          AS application,
  coalesce(p.owner, a.usename, '')::text  AS role,
  CASE WHEN p.gid IS NULL THEN left(coalesce(a.query, ''), 200)
       ELSE pg_catalog.format('COMMIT PREPARED %1$L or ROLLBACK PREPARED %1$L', p.gid)
  END                                     AS query,
  extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(p.prepared, a.xact_start))::float8
                                          AS seconds
FROM pg_catalog.pg_locks l
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
-- Of a prepared transaction's locks, the one on its own id says whose they are.
LEFT JOIN pg_catalog.pg_locks o ON l.pid IS NULL AND o.pid IS NULL
  AND o.locktype = 'transactionid' AND o.virtualtransaction = l.virtualtransaction
LEFT JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = o.transactionid
WHERE l.locktype = 'relation'
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND l.relation = ANY (:'relations')
  AND l.granted
  AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
  AND (a.pid IS NOT NULL OR p.gid IS NOT NULL)
ORDER BY seconds DESC, pid;
