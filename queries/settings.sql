-- Which settings decide whether a long transaction survives, and whether its locks fit?
-- Parameters: none. One row for each setting that this version has; "unit" as in pg_settings.
SELECT s.name, s.setting, coalesce(s.unit, '') AS unit
FROM pg_catalog.pg_settings s
WHERE s.name IN ('idle_in_transaction_session_timeout', 'transaction_timeout', 'statement_timeout',
                 'lock_timeout', 'max_locks_per_transaction', 'max_connections',
                 'max_prepared_transactions', 'maintenance_work_mem')
ORDER BY s.name;
