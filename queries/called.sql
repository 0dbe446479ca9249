-- Which indexes, checks and generated columns call functions that are not PostgreSQL's own?
-- Parameters: relations (an array of oids; null: all of them). One row for each that is valid.
-- "value" is what is evaluated for a row of "relation", as SQL writes it.
SELECT
  called.kind,
  called.name,
  called.relation::pg_catalog.regclass::text AS relation,
  called.value
FROM (
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS catalog, i.indexrelid AS oid, 'index' AS kind,
         i.indexrelid::pg_catalog.regclass::text AS name, i.indrelid AS relation,
         pg_catalog.concat_ws(', ', pg_catalog.pg_get_expr(i.indexprs, i.indrelid),
                              pg_catalog.pg_get_expr(i.indpred, i.indrelid)) AS value
  FROM pg_catalog.pg_index i
  WHERE i.indisvalid
    AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
  UNION ALL
  SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, 'check', k.conname::text, k.conrelid,
         pg_catalog.pg_get_expr(k.conbin, k.conrelid)
  FROM pg_catalog.pg_constraint k
  WHERE k.contype = 'c'
    AND k.convalidated
  UNION ALL
  SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass, e.oid, 'generated column', a.attname::text,
         e.adrelid, pg_catalog.pg_get_expr(e.adbin, e.adrelid)
  FROM pg_catalog.pg_attrdef e
  JOIN pg_catalog.pg_attribute a ON a.attrelid = e.adrelid AND a.attnum = e.adnum
  WHERE a.attgenerated = 's'
) AS called
JOIN pg_catalog.pg_class c ON c.oid = called.relation
WHERE (:'relations'::oid[] IS NULL OR called.relation = ANY (:'relations'::oid[]))
  AND c.relkind IN ('r', 'p', 'm')
  AND c.relpersistence <> 't'
  AND EXISTS (SELECT
                FROM pg_catalog.pg_depend d
               WHERE d.classid = called.catalog AND d.objid = called.oid
                 AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                 AND d.refobjid >= 16384)
ORDER BY called.relation, called.name;
