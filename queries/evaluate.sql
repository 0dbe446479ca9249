-- Can it be evaluated? Composed: {value}, {table}. At most one row, of one of the table's.
SELECT ROW({value})::text
FROM {table}
LIMIT 1;
