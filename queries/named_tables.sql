-- Which of these tables are there, and how large are they with their indexes and TOAST?
-- Composed: {names} (as text, each as SQL writes it). One row for each.
SELECT
  t.name,
  pg_catalog.to_regclass(t.name) IS NOT NULL AS is_there,
  pg_catalog.pg_total_relation_size(pg_catalog.to_regclass(t.name)) AS bytes
FROM pg_catalog.unnest(ARRAY[{names}]::text[]) AS t (name);
