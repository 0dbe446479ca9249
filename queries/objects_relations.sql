-- Which relations are there, and what is each like?
-- Parameters: none. One row for each table, view, materialized view, sequence and composite type.
-- "properties" is JSON without its nulls; privileges are sorted and complete (defaults written out).
SELECT
  'pg_catalog.pg_class'::pg_catalog.regclass::bigint AS class_oid,
  c.oid::bigint           AS oid,
  CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                 WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END AS kind,
  pg_catalog.format('%I.%I', n.nspname, c.relname) AS identity,
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'owner', pg_catalog.pg_get_userbyid(c.relowner),
    'privileges', ARRAY(
      SELECT x::text
      FROM pg_catalog.unnest(coalesce(c.relacl, pg_catalog.acldefault(
             CASE WHEN c.relkind = 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) AS x
      WHERE c.relkind <> 'c'
      ORDER BY 1),
    'comment', pg_catalog.obj_description(c.oid, 'pg_class'),
    'options', (SELECT pg_catalog.array_agg(o ORDER BY o) FROM pg_catalog.unnest(c.reloptions) AS o),
    'persistence', c.relpersistence,
    'tablespace', s.spcname,
    'access method', m.amname,
    'row security', nullif(c.relrowsecurity, false),
    'forced row security', nullif(c.relforcerowsecurity, false),
    'replica identity', CASE WHEN c.relkind IN ('r', 'p') THEN c.relreplident END,
    'partition bound', pg_catalog.pg_get_expr(c.relpartbound, c.oid),
    'partition key', CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END,
    'type', CASE WHEN c.reloftype <> 0 THEN pg_catalog.format_type(c.reloftype, NULL) END,
    'parents', (SELECT pg_catalog.array_agg(i.inhparent::pg_catalog.regclass::text ORDER BY i.inhseqno)
                  FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid),
    'populated', CASE WHEN c.relkind = 'm' THEN c.relispopulated END,
    'definition', CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END,
    'sequence', (SELECT pg_catalog.concat_ws(' ', pg_catalog.format_type(q.seqtypid, NULL),
                          'start', q.seqstart, 'min', q.seqmin, 'max', q.seqmax,
                          'increment', q.seqincrement, 'cache', q.seqcache,
                          CASE WHEN q.seqcycle THEN 'cycle' END)
                   FROM pg_catalog.pg_sequence q WHERE q.seqrelid = c.oid),
    'labels', (SELECT pg_catalog.array_agg(l.provider || '=' || l.label ORDER BY 1)
                 FROM pg_catalog.pg_seclabel l
                WHERE l.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND l.objoid = c.oid
                  AND l.objsubid = 0)
  ))::text                AS properties
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')
  AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_';
