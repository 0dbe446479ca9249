-- Which columns hold relations, functions or types by their oids (regclass, regproc, regtype …)?
-- Parameters: none. One row for each column of a table or a filled materialized view, also for arrays
-- and domains of such types; "catalog" is the one whose oids they are.
WITH RECURSIVE alias AS (
  SELECT name::pg_catalog.regtype::pg_catalog.oid AS oid, catalog, false AS is_array
  FROM (VALUES ('pg_catalog.regclass', 'pg_class'), ('pg_catalog.regproc', 'pg_proc'),
               ('pg_catalog.regprocedure', 'pg_proc'), ('pg_catalog.regtype', 'pg_type'))
       AS known(name, catalog)
  UNION
  SELECT t.oid, alias.catalog, alias.is_array OR t.typcategory = 'A'
  FROM alias
  JOIN pg_catalog.pg_type t ON (t.typtype = 'd' AND t.typbasetype = alias.oid)
                            OR (t.typcategory = 'A' AND t.typelem = alias.oid)
)
SELECT
  c.oid::bigint           AS table_oid,
  n.nspname::text         AS schema,
  c.relname::text         AS table_name,
  a.attname::text         AS name,
  alias.is_array          AS is_array,
  alias.catalog           AS catalog
FROM pg_catalog.pg_attribute a
JOIN alias ON alias.oid = a.atttypid
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE (c.relkind = 'r' OR (c.relkind = 'm' AND c.relispopulated))
  AND c.relpersistence <> 't'
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
ORDER BY n.nspname, c.relname, a.attnum;
