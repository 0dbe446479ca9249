-- Who could restore a dump of this database into a new one? Parameters: none. One row.
-- "able": the role that signed in may create a database, and is a superuser or nothing is in this one
-- that only a superuser makes: objects of roles as whom it may not act, extensions that are not
-- trusted, event triggers. "administrator" is a superuser that can sign in, NULL if there is none;
-- "owner" is the database's.
SELECT
  pg_catalog.pg_get_userbyid(d.datdba)::text AS owner,
  r.rolsuper OR (
    r.rolcreatedb
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_event_trigger)
    AND NOT EXISTS (SELECT
                      FROM pg_catalog.pg_extension e
                      JOIN pg_catalog.pg_available_extension_versions v
                        ON v.name = e.extname AND v.version = e.extversion
                     WHERE NOT v.trusted)
    AND NOT EXISTS (SELECT
                      FROM (SELECT c.relnamespace, c.relowner FROM pg_catalog.pg_class c
                            UNION ALL
                            SELECT p.pronamespace, p.proowner FROM pg_catalog.pg_proc p
                            UNION ALL
                            SELECT t.typnamespace, t.typowner FROM pg_catalog.pg_type t
                            UNION ALL
                            SELECT s.oid, s.nspowner FROM pg_catalog.pg_namespace s
                             WHERE s.nspname <> 'public') AS owned (schema, owner)
                      JOIN pg_catalog.pg_namespace n ON n.oid = owned.schema
                     WHERE n.nspname <> 'information_schema'
                       AND n.nspname !~ '^pg_'
                       AND NOT pg_catalog.pg_has_role(r.oid, owned.owner, 'USAGE'))
  ) AS able,
  (SELECT a.rolname::text
     FROM pg_catalog.pg_roles a
    WHERE a.rolsuper AND a.rolcanlogin
    ORDER BY a.oid
    LIMIT 1) AS administrator
FROM pg_catalog.pg_database d
JOIN pg_catalog.pg_roles r ON r.rolname = session_user
WHERE d.datname = pg_catalog.current_database();
