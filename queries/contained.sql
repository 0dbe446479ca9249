-- Are a column's values keys of some tables? Looks at a sample of at most 100 different values.
-- Composed: {table}, {column} (s.COLUMN), {value} (the same, or unnest of it), {found} (for each key,
-- how many sample.value are among its values). One row; "contained" is in the order of the keys.
SELECT count(*)::int AS sampled,
       ARRAY[{found}]::int[] AS contained
FROM (
  SELECT DISTINCT value
  FROM (SELECT {value} AS value FROM {table} AS s WHERE {column} IS NOT NULL LIMIT 2000) AS looked_at
  WHERE value IS NOT NULL
  LIMIT 100
) AS sample;
