-- How many rows refer to a key that is not there?
-- Composed: {child}, {parent}, {pairs} (p.key OPERATOR c.column AND ...), {referring} (which rows refer at all).
SELECT count(*)
FROM {child} AS c
WHERE {referring}
  AND NOT EXISTS (SELECT FROM {parent} AS p WHERE {pairs});
