-- On which timeline is the server, and how far is its write-ahead log on disk?
-- Parameters: none. One row; nulls on a standby. Some providers withhold the functions.
-- A server that was promoted or restored is on another timeline; the position never goes back.
SELECT
  CASE WHEN NOT pg_catalog.pg_is_in_recovery()
       THEN pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_flush_lsn()), 1, 8)
  END AS timeline,
  CASE WHEN NOT pg_catalog.pg_is_in_recovery()
       THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_flush_lsn(), '0/0')::bigint
  END AS log_bytes;
