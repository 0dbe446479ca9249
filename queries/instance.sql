-- Which database of which running server is this? Asked at each connection, so it asks little.
-- Parameters: none. One row. A copy of a server's files differs in where it runs, and since when.
-- "data_directory" is null for a role that may not know.
SELECT
  pg_catalog.current_database()::text                   AS database,
  d.oid::bigint                                         AS database_oid,
  pg_catalog.host(pg_catalog.inet_server_addr())        AS server_address,
  pg_catalog.current_setting('port')::int               AS server_port,
  pg_catalog.pg_postmaster_start_time()                 AS started,
  (SELECT s.setting FROM pg_catalog.pg_settings s
    WHERE s.name = 'data_directory')                    AS data_directory
FROM pg_catalog.pg_database d
WHERE d.datname = pg_catalog.current_database();
