-- Keeps everybody else even from reading the version table until the transaction ends.
-- Composed: {table}.
LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
