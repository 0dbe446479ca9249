-- Which sequence feeds which column? Those of serial columns; an identity column keeps its own.
-- Parameters: none. One row for each column that owns a sequence, of a serial or an identity.
SELECT
  d.refobjid::bigint      AS table_oid,
  d.refobjsubid::int      AS column_number,
  d.objid::bigint         AS sequence_oid,
  d.deptype = 'i'         AS is_identity
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.refobjsubid > 0
  AND d.deptype IN ('a', 'i')
ORDER BY 1, 2;
