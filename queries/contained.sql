-- Do a column's values look like keys of a table? Looks at a sample of at most 100 values.
-- Composed: {table}, {value} (the column s.COLUMN, or unnest of it), {parent}, {key}. One row.
SELECT count(*)::int AS sampled,
       (count(*) FILTER (WHERE EXISTS (SELECT FROM {parent} AS p WHERE p.{key} = sample.value)))::int
         AS contained
FROM (
  SELECT DISTINCT value
  FROM (SELECT {value} AS value FROM {table} AS s LIMIT 2000) AS looked_at
  WHERE value IS NOT NULL
  LIMIT 100
) AS sample;
