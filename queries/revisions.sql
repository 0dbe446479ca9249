-- Which revision does the version table claim? Composed: {table}. One row for each head.
SELECT version_num FROM {table} ORDER BY version_num;
