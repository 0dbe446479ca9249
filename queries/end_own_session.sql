-- Ends the session that still has a transaction open whose client is known to be gone.
-- Parameters: xid (as pg_current_xact_id wrote it). One row for a session that was ended.
SELECT pg_catalog.pg_terminate_backend(a.pid) AS ended
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = pg_catalog.current_database()
  AND a.usename = current_user
  AND a.backend_xid = (:'xid'::text::xid8)::xid;
