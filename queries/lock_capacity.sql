-- How many locks does the server have room for?
-- Parameters: none. One row.
SELECT
  pg_catalog.current_setting('max_locks_per_transaction')::int
    * (pg_catalog.current_setting('max_connections')::int
       + pg_catalog.current_setting('max_prepared_transactions')::int) AS locks;
