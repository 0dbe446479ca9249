-- Which constraints are there, apart from foreign keys, which have a question of their own?
-- Parameters: none. One row for each, also for those of domains.
SELECT
  'pg_catalog.pg_constraint'::pg_catalog.regclass::bigint AS class_oid,
  k.oid::bigint           AS oid,
  'CONSTRAINT'            AS kind,
  CASE WHEN k.conrelid <> 0 THEN pg_catalog.format('%I ON %s', k.conname, k.conrelid::pg_catalog.regclass)
       ELSE pg_catalog.format('%I ON DOMAIN %s', k.conname, k.contypid::pg_catalog.regtype) END AS identity,
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.quote_ident(k.conname),
    'table', nullif(k.conrelid, 0)::pg_catalog.regclass::text,
    'type', k.contype,
    'definition', pg_catalog.pg_get_constraintdef(k.oid),
    'validated', k.convalidated,
    'inherited from', nullif(k.coninhcount, 0),
    'not its own', nullif(NOT k.conislocal, false),
    'comment', pg_catalog.obj_description(k.oid, 'pg_constraint')
  ))::text                AS properties
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
WHERE k.contype NOT IN ('f', 't')
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_';
