-- How many rows refer to a key that is not there?
-- Composed: {child}, {parent}, {referring} (which rows refer at all), {pairs} (p.key OPERATOR
-- c.column AND ...; of a temporal one then HAVING, since several rows cover a period together).
SELECT count(*)
FROM {child} AS c
WHERE {referring}
  AND NOT EXISTS (SELECT FROM {parent} AS p WHERE {pairs});
