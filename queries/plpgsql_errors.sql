-- What would fail in a PL/pgSQL function, says the extension plpgsql_check?
-- Composed: {schema} (the extension's).
-- Parameters: function, table (0 for a function that is no trigger), old_table, new_table.
SELECT c.lineno AS line, c.sqlstate AS sqlstate, c.message AS message
FROM {schema}.plpgsql_check_function_tb(
       :'function'::oid::regprocedure, :'table'::oid::regclass, fatal_errors => false,
       oldtable => :'old_table'::name, newtable => :'new_table'::name) AS c
WHERE c.level = 'error';
