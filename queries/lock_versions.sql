-- Keeps everybody else from changing the version table until the transaction ends.
-- Composed: {table}.
LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE;
