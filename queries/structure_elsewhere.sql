-- What else do migrations make, that belongs to no relation? Types, functions, schemas, extensions.
-- Parameters: none. One row for each that no extension brought.
SELECT
  NULL::bigint            AS relation_oid,
  NULL::text              AS relation,
  CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END AS kind,
  p.oid::pg_catalog.regprocedure::text AS identity,
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'definition', CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) END,
    'comment', pg_catalog.obj_description(p.oid, 'pg_proc')))::text AS properties
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                   WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                     AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT
  NULL, NULL,
  CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END,
  pg_catalog.format('%I.%I', n.nspname, t.typname),
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'domain over', CASE WHEN t.typtype = 'd'
                        THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END,
    'not null', nullif(t.typnotnull, false),
    'default', t.typdefault,
    'checks', (SELECT pg_catalog.array_agg(pg_catalog.pg_get_constraintdef(k.oid) ORDER BY k.conname)
                 FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'),
    'labels', (SELECT pg_catalog.array_agg(e.enumlabel ORDER BY e.enumsortorder)
                 FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid),
    'range of', (SELECT pg_catalog.format_type(r.rngsubtype, NULL)
                   FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid),
    'comment', pg_catalog.obj_description(t.oid, 'pg_type')))::text
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype IN ('d', 'e', 'r')
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                   WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
                     AND d.objid = t.oid AND d.deptype = 'e')
UNION ALL
SELECT NULL, NULL, 'schema', pg_catalog.quote_ident(n.nspname), '{}'
FROM pg_catalog.pg_namespace n
WHERE n.nspname NOT IN ('information_schema', 'public')
  AND n.nspname !~ '^pg_'
UNION ALL
SELECT NULL, NULL, 'extension', pg_catalog.quote_ident(e.extname), '{}'
FROM pg_catalog.pg_extension e
WHERE e.extname <> 'plpgsql';
