-- Sets the time-outs that this version has off for this session.
-- Composed: nothing. One row for each.
SELECT s.name, pg_catalog.set_config(s.name, '0', false)
FROM pg_catalog.pg_settings s
WHERE s.name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
                 'idle_session_timeout', 'transaction_timeout');
