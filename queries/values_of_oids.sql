-- Which of some oids does a column hold, and what does it say for them?
-- Parameters: oids (an array). Composed: {value} (the column, or the elements of it), {table}.
SELECT DISTINCT held::pg_catalog.oid::bigint AS oid, held::text AS value
FROM (SELECT {value} AS held FROM {table}) AS each
WHERE held::pg_catalog.oid = ANY (:'oids'::pg_catalog.oid[])
ORDER BY 2;
