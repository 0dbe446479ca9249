-- Which values of a text column are no canonical uuid? Upper case and braces would be accepted by the
-- cast, but come back as another text. Composed: {table}, {column}. At most 21 rows.
SELECT DISTINCT {column}::text AS value
FROM {table}
WHERE {column}::text !~ '^[0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}$'
ORDER BY 1
LIMIT 21;
