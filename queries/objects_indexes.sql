-- Which indexes are there, and what is each like?
-- Parameters: none. One row for each.
-- "statistics" are the targets of an expression's columns, as number=target.
SELECT
  'pg_catalog.pg_class'::pg_catalog.regclass::bigint AS class_oid,
  c.oid::bigint           AS oid,
  'INDEX'                 AS kind,
  pg_catalog.format('%I.%I', n.nspname, c.relname) AS identity,
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.quote_ident(c.relname),
    'table', i.indrelid::pg_catalog.regclass::text,
    'definition', pg_catalog.pg_get_indexdef(c.oid),
    'comment', pg_catalog.obj_description(c.oid, 'pg_class'),
    'tablespace', s.spcname,
    'clustered', nullif(i.indisclustered, false),
    'replica identity', nullif(i.indisreplident, false),
    'constraint', k.conname,
    'invalid', nullif(NOT i.indisvalid, false),
    'partitioned', nullif(c.relkind = 'I', false),
    'statistics', (SELECT pg_catalog.array_agg(a.attnum || '=' || a.attstattarget ORDER BY a.attnum)
                     FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = c.oid AND coalesce(a.attstattarget, -1) >= 0),
    'parent', (SELECT h.inhparent::pg_catalog.regclass::text
                 FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid)
  ))::text                AS properties
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
WHERE c.relpersistence <> 't'
  AND t.relkind <> 't'
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_';
