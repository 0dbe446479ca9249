-- Which columns do the tables have, and of which type?
-- Parameters: none. One row for each column of an ordinary, partitioned or foreign table.
-- "inherited" counts the parents that the column comes from; "domain_over" names a domain's base type.
-- "collation" is there where it is not the type's own.
SELECT
  a.attrelid::bigint      AS table_oid,
  a.attnum::int           AS number,
  n.nspname::text         AS schema,
  c.relname::text         AS table_name,
  c.relkind::text         AS table_kind,
  a.attname::text         AS name,
  pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
  CASE WHEN a.attcollation <> t.typcollation
       THEN a.attcollation::pg_catalog.regcollation::text END AS collation,
  CASE WHEN t.typtype = 'd'
       THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END AS domain_over,
  a.attnotnull            AS not_null,
  pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS default_expression,
  a.attidentity <> ''     AS is_identity,
  a.attgenerated <> ''    AS is_generated,
  a.attinhcount::int      AS inherited,
  coalesce(a.attnum = ANY (p.partattrs::int2[]), false) AS is_partition_key
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = a.attrelid
WHERE c.relkind IN ('r', 'p', 'f')
  AND c.relpersistence <> 't'
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
ORDER BY n.nspname, c.relname, a.attnum;
