-- What is in this database, who am I in it, and how did I come here? (Which it is: instance.sql.)
-- Parameters: none. One row.
-- "owned" counts the tables whose owner this role is or may act as.
WITH user_tables AS (
  SELECT c.relowner
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p')
    AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema'
    AND n.nspname !~ '^pg_'
)
SELECT
  pg_catalog.current_setting('server_version_num')::int AS server_version,
  pg_catalog.current_setting('server_version')          AS server_version_text,
  current_user::text                                    AS role,
  r.rolsuper                                            AS superuser,
  pg_catalog.pg_database_size(d.oid)                    AS size_bytes,
  (SELECT count(*) FROM user_tables)                    AS tables,
  (SELECT count(*) FROM user_tables t
    WHERE pg_catalog.pg_has_role(current_user, t.relowner, 'USAGE')) AS owned_tables,
  pg_catalog.pg_is_in_recovery()                        AS in_recovery,
  coalesce((SELECT s.ssl FROM pg_catalog.pg_stat_ssl s
             WHERE s.pid = pg_catalog.pg_backend_pid()), false) AS tls,
  pg_catalog.pg_backend_pid()                           AS backend_pid
FROM pg_catalog.pg_database d
JOIN pg_catalog.pg_roles r ON r.rolname = current_user
WHERE d.datname = pg_catalog.current_database();
