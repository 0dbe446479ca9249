-- Which sequence feeds which column? It is owned by the column (a serial's, an identity's), or the
-- column's default uses it. A default that names it as text is not found.
-- Parameters: none. One row for each pair.
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
UNION
SELECT e.adrelid::bigint, e.adnum::int, s.oid::bigint, false
FROM pg_catalog.pg_attrdef e
JOIN pg_catalog.pg_depend d ON d.objid = e.oid
  AND d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
JOIN pg_catalog.pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'
ORDER BY 1, 2, 3;
