-- Which time-outs would a session have here that did not set them off?
-- Parameters: none. One row for each that is on, in milliseconds.
SELECT s.name::text AS name, s.reset_val::bigint AS milliseconds
FROM pg_catalog.pg_settings s
WHERE s.name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
                 'idle_session_timeout', 'transaction_timeout')
  AND s.reset_val <> '0'
ORDER BY s.name;
