-- What is each column of a relation like?
-- Parameters: none. One row for each; "oid" is its relation's.
-- "position" counts the columns that are there; a dropped column before it changes nothing.
SELECT
  'pg_catalog.pg_attribute'::pg_catalog.regclass::bigint AS class_oid,
  c.oid::bigint           AS oid,
  'COLUMN'                AS kind,
  pg_catalog.format('%I.%I.%I', n.nspname, c.relname, a.attname) AS identity,
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.quote_ident(a.attname),
    'plain name', a.attname,
    'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
    'position', pg_catalog.row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum),
    'not null', nullif(a.attnotnull, false),
    'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
    'identity', nullif(a.attidentity, ''),
    'generated', nullif(a.attgenerated, ''),
    'collation', CASE WHEN a.attcollation <> t.typcollation
                      THEN a.attcollation::pg_catalog.regcollation::text END,
    'storage', CASE WHEN c.relkind IN ('r', 'p', 'm') AND a.attstorage <> t.typstorage
                    THEN a.attstorage END,
    'compression', nullif(pg_catalog.to_jsonb(a) ->> 'attcompression', ''),
    'statistics target', nullif(a.attstattarget, -1),
    'options', (SELECT pg_catalog.array_agg(o ORDER BY o) FROM pg_catalog.unnest(a.attoptions) AS o),
    'privileges', (SELECT pg_catalog.array_agg(x::text ORDER BY 1) FROM pg_catalog.unnest(a.attacl) AS x),
    'comment', pg_catalog.col_description(a.attrelid, a.attnum),
    'inherited from', nullif(a.attinhcount, 0),
    'not its own', nullif(NOT a.attislocal, false)
  ))::text                AS properties
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
  AND c.relpersistence <> 't'
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_';
