-- Are strings in a column of JSON keys of some tables? Looks at those in the form of a uuid, in at
-- most 2,000 rows, and at no more than 100 different ones.
-- Composed: {table}, {column} (s.COLUMN), {found} (for each key, how many sample.value are
-- among its values). One row; "contained" is in the order of the keys.
SELECT count(*)::int AS sampled,
       ARRAY[{found}]::int[] AS contained
FROM (
  SELECT DISTINCT string::uuid AS value
  FROM (SELECT {column}::jsonb AS document FROM {table} AS s
        WHERE {column} IS NOT NULL LIMIT 2000) AS looked_at,
       LATERAL pg_catalog.jsonb_path_query(document, '$.** ? (@.type() == "string")') AS inside,
       LATERAL (SELECT inside #>> ARRAY[]::text[] AS string) AS strings
  WHERE string LIKE '________-____-____-____-____________'
    AND pg_catalog.replace(string, '-', '') ~* '^[0-9a-f]+$'
    AND pg_catalog.length(pg_catalog.replace(string, '-', '')) = 32
  LIMIT 100
) AS sample;
