-- How many rows does a relation have, or a query give, and what is their digest?
-- Composed: {source}. The digest is the sum of each row's 64-bit hash as text: it does not depend on
-- the order of the rows, nor on whether a key in them is a uuid or the text of that uuid.
SELECT
  count(*) AS rows,
  coalesce(sum(pg_catalog.hashtextextended(pg_rekey_row::text COLLATE "C", 0))::text, '') AS digest
FROM {source} AS pg_rekey_row;
