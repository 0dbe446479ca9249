-- Cancels what a session of this database runs, if it still is there.
-- Parameters: pid. One row, or none if it is gone; "told" says whether it could be told so.
SELECT pg_catalog.pg_cancel_backend(a.pid) AS told
FROM pg_catalog.pg_stat_activity a
WHERE a.pid = :'pid'::int AND a.datname = pg_catalog.current_database();
