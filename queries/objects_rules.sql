-- Which rules, triggers and policies are there?
-- Parameters: none. One row for each; not the rule that makes a view, nor triggers of foreign keys.
SELECT
  'pg_catalog.pg_rewrite'::pg_catalog.regclass::bigint AS class_oid,
  r.oid::bigint           AS oid,
  'RULE'                  AS kind,
  pg_catalog.format('%I ON %s', r.rulename, r.ev_class::pg_catalog.regclass) AS identity,
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.quote_ident(r.rulename),
    'table', r.ev_class::pg_catalog.regclass::text,
    'definition', pg_catalog.pg_get_ruledef(r.oid),
    'enabled', r.ev_enabled,
    'comment', pg_catalog.obj_description(r.oid, 'pg_rewrite')
  ))::text                AS properties
FROM pg_catalog.pg_rewrite r
JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN'
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
UNION ALL
SELECT
  'pg_catalog.pg_trigger'::pg_catalog.regclass::bigint,
  t.oid::bigint,
  'TRIGGER',
  pg_catalog.format('%I ON %s', t.tgname, t.tgrelid::pg_catalog.regclass),
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.quote_ident(t.tgname),
    'table', t.tgrelid::pg_catalog.regclass::text,
    'definition', pg_catalog.pg_get_triggerdef(t.oid),
    'enabled', t.tgenabled,
    'comment', pg_catalog.obj_description(t.oid, 'pg_trigger')
  ))::text
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
UNION ALL
SELECT
  'pg_catalog.pg_policy'::pg_catalog.regclass::bigint,
  p.oid::bigint,
  'POLICY',
  pg_catalog.format('%I ON %s', p.polname, p.polrelid::pg_catalog.regclass),
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.quote_ident(p.polname),
    'table', p.polrelid::pg_catalog.regclass::text,
    'permissive', p.polpermissive,
    'command', CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                             WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
    'roles', ARRAY(SELECT CASE WHEN u.oid = 0 THEN 'PUBLIC'
                               ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(u.oid)) END
                     FROM pg_catalog.unnest(p.polroles) AS u(oid) ORDER BY 1),
    'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
    'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
    'comment', pg_catalog.obj_description(p.oid, 'pg_policy')
  ))::text
FROM pg_catalog.pg_policy p;
