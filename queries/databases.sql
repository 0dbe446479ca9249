-- Which other databases are on this server? The one that was "fixed" by mistake is often among them.
-- Parameters: none. One row for each database that takes connections; the size is null without CONNECT.
SELECT
  d.datname::text AS name,
  CASE WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT')
       THEN pg_catalog.pg_database_size(d.oid) END AS size_bytes
FROM pg_catalog.pg_database d
WHERE d.datallowconn
  AND NOT d.datistemplate
  AND d.datname <> pg_catalog.current_database()
ORDER BY d.datname;
