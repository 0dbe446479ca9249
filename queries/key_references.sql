-- Which type does a column have, and which columns refer to it by a foreign key?
-- Parameters: :'schema', :'table', :'column'. First the column itself, without a foreign key, then
-- one row for each that refers to it; none if the column is not there.
WITH key AS (
  SELECT a.attrelid, a.attnum, a.atttypid, a.atttypmod
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = :'schema' AND c.relname = :'table' AND a.attname = :'column'
)
SELECT
  key.attrelid::pg_catalog.regclass::text AS table_name,
  :'column'               AS column_name,
  pg_catalog.format_type(key.atttypid, key.atttypmod) AS type,
  NULL                    AS foreign_key
FROM key
UNION ALL
SELECT
  k.conrelid::pg_catalog.regclass::text,
  a.attname::text,
  pg_catalog.format_type(a.atttypid, a.atttypmod),
  k.conname::text
FROM key
JOIN pg_catalog.pg_constraint k ON k.confrelid = key.attrelid AND k.contype = 'f' AND k.conparentid = 0
JOIN LATERAL ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey))
  AS pair (referring, referenced) ON pair.referenced = key.attnum
JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.referring
ORDER BY foreign_key NULLS FIRST, table_name;
