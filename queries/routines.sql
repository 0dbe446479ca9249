-- How many functions have bodies that PostgreSQL does not look into, and which are they?
-- Composed: nothing. One row; at most 20 names. Those of extensions do not count.
SELECT count(*),
       pg_catalog.array_to_string((pg_catalog.array_agg(name ORDER BY name))[1:20], ', ')
FROM (
  SELECT p.oid::pg_catalog.regprocedure::text AS name
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  WHERE l.lanname NOT IN ('c', 'internal')
    AND n.nspname <> 'information_schema'
    AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                     WHERE d.classid = 'pg_catalog.pg_proc'::regclass
                       AND d.objid = p.oid AND d.deptype = 'e')
) AS routines;
