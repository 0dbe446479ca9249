-- Which PL/pgSQL functions can be checked, and for which tables as triggers?
-- Parameters: none. One row for each function, or for each trigger that calls it. Polymorphic ones
-- are left out: a version of plpgsql_check took the server down with it at one.
SELECT
  p.oid::bigint                             AS oid,
  p.oid::pg_catalog.regprocedure::text      AS identity,
  coalesce(t.tgrelid, 0)::bigint            AS table_oid,
  t.tgoldtable                              AS old_table,
  t.tgnewtable                              AS new_table
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
LEFT JOIN pg_catalog.pg_trigger t
  ON t.tgfoid = p.oid AND NOT t.tgisinternal AND t.tgparentid = 0
WHERE l.lanname = 'plpgsql'
  AND p.prokind IN ('f', 'p')
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
  AND (t.oid IS NOT NULL OR p.prorettype <> 'pg_catalog.trigger'::pg_catalog.regtype)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                   WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                     AND d.objid = p.oid AND d.deptype = 'e')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_type y
                   WHERE y.oid = ANY (p.proargtypes::oid[] || coalesce(p.proallargtypes, '{}')
                                      || p.prorettype)
                     AND y.typtype = 'p' AND y.typname ~ '^any')
ORDER BY p.oid, t.oid;
