-- Who does a session wait for, at a lock that it cannot have yet?
-- Parameters: pid (of the session that waits). One row for each who is waited for. A prepared
-- transaction has no session: its pid is 0, and its query is how it is ended.
-- is_in_queue: whether others queue up behind the wait. They do at a table, a row or an object, and
-- do not where only the end of old transactions is waited for.
WITH waits AS (
  SELECT l.*, l.locktype <> 'virtualxid' AS is_in_queue
  FROM pg_catalog.pg_locks l
  WHERE l.pid = :'pid'::int AND NOT l.granted
), holders AS (
  SELECT DISTINCT unnest(pg_catalog.pg_blocking_pids(w.pid)) AS pid, w.is_in_queue
  FROM waits w
)
SELECT
  a.pid                                   AS pid,
  coalesce(a.application_name, '')        AS application,
  coalesce(a.usename::text, '')           AS role,
  left(coalesce(a.query, ''), 200)        AS query,
  extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::float8 AS seconds,
  h.is_in_queue                           AS is_in_queue
FROM holders h
JOIN pg_catalog.pg_stat_activity a ON a.pid = h.pid
UNION ALL
SELECT DISTINCT
  0,
  'prepared transaction',
  p.owner::text,
  pg_catalog.format('COMMIT PREPARED %1$L or ROLLBACK PREPARED %1$L', p.gid),
  extract(epoch FROM pg_catalog.clock_timestamp() - p.prepared)::float8,
  w.is_in_queue
FROM waits w
JOIN pg_catalog.pg_locks l ON l.granted AND l.pid IS NULL
  AND (l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid, l.transactionid::text,
       l.classid, l.objid, l.objsubid)
      IS NOT DISTINCT FROM
      (w.locktype, w.database, w.relation, w.page, w.tuple, w.virtualxid, w.transactionid::text,
       w.classid, w.objid, w.objsubid)
-- Of its locks, the one on its own id says whose they are.
JOIN pg_catalog.pg_locks o ON o.locktype = 'transactionid' AND o.pid IS NULL
  AND o.virtualtransaction = l.virtualtransaction
JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = o.transactionid
WHERE EXISTS (SELECT FROM holders h WHERE h.pid = 0)
ORDER BY seconds DESC NULLS LAST, pid;
