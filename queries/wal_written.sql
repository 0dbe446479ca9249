-- How far is the server's write-ahead log, and how much of it was written since a position?
-- Parameters: since (a position, or null to begin with). One row; bytes of all sessions together.
SELECT
  pg_catalog.pg_current_wal_insert_lsn()::text AS position,
  coalesce(
    pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), (:'since')::pg_lsn), 0
  )::bigint AS bytes;
