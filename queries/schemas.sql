-- Which schemas are there, and in which may I make something?
-- Parameters: none. One row for each outside the system's.
SELECT
  n.nspname::text         AS name,
  pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS creatable
FROM pg_catalog.pg_namespace n
WHERE n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_';
