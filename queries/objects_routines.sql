-- Which functions and procedures are there?
-- Parameters: none. One row for each that no extension brought.
SELECT
  'pg_catalog.pg_proc'::pg_catalog.regclass::bigint AS class_oid,
  p.oid::bigint           AS oid,
  CASE p.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END AS kind,
  p.oid::pg_catalog.regprocedure::text AS identity,
  NULL::bigint            AS relation_oid,
  NULL::text              AS relation,
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'owner', pg_catalog.pg_get_userbyid(p.proowner),
    'privileges', ARRAY(
      SELECT x::text
      FROM pg_catalog.unnest(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) AS x
      ORDER BY 1),
    'language', l.lanname,
    'result', pg_catalog.pg_get_function_result(p.oid),
    'definition', CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) END,
    'depends on extensions', (
      SELECT pg_catalog.array_agg(x.extname ORDER BY x.extname)
        FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid
       WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
         AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
         AND d.objid = p.oid AND d.deptype = 'x'),
    'security labels', (SELECT pg_catalog.array_agg(s.provider || '=' || s.label ORDER BY s.provider)
                          FROM pg_catalog.pg_seclabel s
                         WHERE s.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                           AND s.objoid = p.oid),
    'comment', pg_catalog.obj_description(p.oid, 'pg_proc')
  ))::text                AS properties
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                   WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                     AND d.objid = p.oid AND d.deptype = 'e');
