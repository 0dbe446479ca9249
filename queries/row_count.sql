-- How many rows does a table have? Composed: {table}.
SELECT count(*) FROM {table};
