-- Which publications, types, operators, casts, schemas and extensions are there?
-- Parameters: none. One row for each, and for each constraint of a domain; composite types are relations.
SELECT
  'pg_catalog.pg_publication'::pg_catalog.regclass::bigint AS class_oid,
  p.oid::bigint           AS oid,
  'PUBLICATION'           AS kind,
  pg_catalog.quote_ident(p.pubname) AS identity,
  NULL::bigint            AS relation_oid,
  NULL::text              AS relation,
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'owner', pg_catalog.pg_get_userbyid(p.pubowner),
    'all tables', p.puballtables,
    'publishes', pg_catalog.concat_ws(', ',
      CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
      CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END,
      CASE WHEN p.pubviaroot THEN 'via root' END),
    'security labels', (SELECT pg_catalog.array_agg(s.provider || '=' || s.label ORDER BY s.provider)
                          FROM pg_catalog.pg_seclabel s
                         WHERE s.classoid = 'pg_catalog.pg_publication'::pg_catalog.regclass
                           AND s.objoid = p.oid AND s.objsubid = 0),
    'comment', pg_catalog.obj_description(p.oid, 'pg_publication')
  ))::text                AS properties
FROM pg_catalog.pg_publication p
UNION ALL
SELECT
  'pg_catalog.pg_type'::pg_catalog.regclass::bigint,
  t.oid::bigint,
  CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END,
  pg_catalog.format('%I.%I', n.nspname, t.typname),
  NULL, NULL,
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'owner', pg_catalog.pg_get_userbyid(t.typowner),
    'privileges', ARRAY(
      SELECT x::text
      FROM pg_catalog.unnest(coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner))) AS x
      ORDER BY 1),
    'domain over', CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END,
    'not null', nullif(t.typnotnull, false),
    'default', t.typdefault,
    'labels', (SELECT pg_catalog.array_agg(e.enumlabel ORDER BY e.enumsortorder)
                 FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid),
    'range of', (SELECT pg_catalog.format_type(r.rngsubtype, NULL)
                   FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid),
    'extension', x.extname,
    'security labels', (SELECT pg_catalog.array_agg(s.provider || '=' || s.label ORDER BY s.provider)
                          FROM pg_catalog.pg_seclabel s
                         WHERE s.classoid = 'pg_catalog.pg_type'::pg_catalog.regclass
                           AND s.objoid = t.oid AND s.objsubid = 0),
    'comment', pg_catalog.obj_description(t.oid, 'pg_type')
  ))::text
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_depend e ON e.objid = t.oid AND e.deptype = 'e'
      AND e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
LEFT JOIN pg_catalog.pg_extension x ON x.oid = e.refobjid
WHERE t.typtype IN ('d', 'e', 'r')
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
UNION ALL
SELECT
  'pg_catalog.pg_constraint'::pg_catalog.regclass::bigint,
  k.oid::bigint,
  'DOMAIN CONSTRAINT',
  pg_catalog.format('%I ON DOMAIN %s', k.conname, k.contypid::pg_catalog.regtype),
  NULL, NULL,
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.quote_ident(k.conname),
    'domain', k.contypid::pg_catalog.regtype::text,
    'type', k.contype,
    'definition', pg_catalog.pg_get_constraintdef(k.oid),
    'validated', k.convalidated,
    'comment', pg_catalog.obj_description(k.oid, 'pg_constraint')
  ))::text
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
WHERE k.contypid <> 0
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
UNION ALL
SELECT
  'pg_catalog.pg_operator'::pg_catalog.regclass::bigint,
  o.oid::bigint,
  'OPERATOR',
  o.oid::pg_catalog.regoperator::text,
  NULL, NULL,
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'owner', pg_catalog.pg_get_userbyid(o.oprowner),
    'function', o.oprcode::text,
    'commutator', nullif(o.oprcom, 0)::pg_catalog.regoperator::text,
    'negator', nullif(o.oprnegate, 0)::pg_catalog.regoperator::text,
    'comment', pg_catalog.obj_description(o.oid, 'pg_operator')
  ))::text
FROM pg_catalog.pg_operator o
JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
WHERE n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                   WHERE d.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass
                     AND d.objid = o.oid AND d.deptype = 'e')
UNION ALL
SELECT
  'pg_catalog.pg_cast'::pg_catalog.regclass::bigint,
  c.oid::bigint,
  'CAST',
  pg_catalog.format('(%s AS %s)', pg_catalog.format_type(c.castsource, NULL),
                    pg_catalog.format_type(c.casttarget, NULL)),
  NULL, NULL,
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'context', c.castcontext,
    'method', c.castmethod,
    'function', nullif(c.castfunc, 0)::pg_catalog.regprocedure::text,
    'comment', pg_catalog.obj_description(c.oid, 'pg_cast')
  ))::text
FROM pg_catalog.pg_cast c
-- Those that came with the server have lower oids.
WHERE c.oid >= 16384
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                   WHERE d.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass
                     AND d.objid = c.oid AND d.deptype = 'e')
UNION ALL
SELECT
  'pg_catalog.pg_namespace'::pg_catalog.regclass::bigint,
  n.oid::bigint,
  'SCHEMA',
  pg_catalog.quote_ident(n.nspname),
  NULL, NULL,
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'owner', pg_catalog.pg_get_userbyid(n.nspowner),
    'privileges', ARRAY(
      SELECT x::text
      FROM pg_catalog.unnest(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) AS x
      ORDER BY 1),
    'security labels', (SELECT pg_catalog.array_agg(s.provider || '=' || s.label ORDER BY s.provider)
                          FROM pg_catalog.pg_seclabel s
                         WHERE s.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
                           AND s.objoid = n.oid AND s.objsubid = 0),
    'comment', pg_catalog.obj_description(n.oid, 'pg_namespace')
  ))::text
FROM pg_catalog.pg_namespace n
WHERE n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
UNION ALL
SELECT
  'pg_catalog.pg_extension'::pg_catalog.regclass::bigint,
  e.oid::bigint,
  'EXTENSION',
  pg_catalog.quote_ident(e.extname),
  NULL, NULL,
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'owner', pg_catalog.pg_get_userbyid(e.extowner),
    'version', e.extversion,
    'comment', pg_catalog.obj_description(e.oid, 'pg_extension')
  ))::text
FROM pg_catalog.pg_extension e
-- It comes with every database.
WHERE e.extname <> 'plpgsql';
