-- What has another oid when views and functions are made again and columns are converted?
-- Parameters: relations and functions (arrays of oids: what is made again), tables and numbers (arrays
-- of the same length: the columns). One row for each relation, function and type. PostgreSQL makes
-- the indexes of a converted column again by itself.
WITH relation AS (
  SELECT pg_catalog.unnest(:'relations'::pg_catalog.oid[]) AS oid
  UNION
  SELECT i.indexrelid FROM pg_catalog.pg_index i
  WHERE i.indrelid = ANY (:'relations'::pg_catalog.oid[])
  UNION
  SELECT i.indexrelid
  FROM ROWS FROM (pg_catalog.unnest(:'tables'::pg_catalog.oid[]),
                  pg_catalog.unnest(:'numbers'::int[])) AS c(oid, number)
  JOIN pg_catalog.pg_index i ON i.indrelid = c.oid
  WHERE c.number = ANY (i.indkey::int2[])
     OR EXISTS (SELECT FROM pg_catalog.pg_depend d
                 WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                   AND d.objid = i.indexrelid
                   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                   AND d.refobjid = c.oid AND d.refobjsubid = c.number)
)
SELECT 'pg_class' AS catalog, relation.oid::bigint AS oid FROM relation
UNION ALL
SELECT 'pg_proc', f.oid::bigint FROM pg_catalog.unnest(:'functions'::pg_catalog.oid[]) AS f(oid)
UNION ALL
SELECT 'pg_type', row_type.oid::bigint
FROM relation
JOIN pg_catalog.pg_class c ON c.oid = relation.oid
JOIN pg_catalog.pg_type t ON t.oid = c.reltype
CROSS JOIN LATERAL (VALUES (t.oid), (t.typarray)) AS row_type(oid)
ORDER BY 1, 2;
