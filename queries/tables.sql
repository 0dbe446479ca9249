-- Which tables does the database have?
-- Parameters: none. One row for each ordinary or partitioned table outside the system's schemas.
-- "rows_estimated" is the planner's (-1: never analysed); "bytes" has indexes and TOAST in it.
-- "hides_rows": policies hold for this role; for the owner only if they are forced.
SELECT
  c.oid::bigint           AS oid,
  n.nspname::text         AS schema,
  c.relname::text         AS name,
  c.relkind::text         AS kind,
  c.relispartition        AS is_partition,
  c.reloftype <> 0        AS is_typed,
  pg_catalog.row_security_active(c.oid) AS hides_rows,
  pg_catalog.pg_get_userbyid(c.relowner)::text AS owner,
  pg_catalog.pg_has_role(current_user, c.relowner, 'USAGE') AS owned,
  c.reltuples::bigint     AS rows_estimated,
  pg_catalog.pg_total_relation_size(c.oid) AS bytes
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
ORDER BY n.nspname, c.relname;
