-- Which roles may I act as, and whom do default privileges favour?
-- Parameters: none. One row for each role that is one or the other.
SELECT
  r.rolname::text         AS name,
  pg_catalog.pg_has_role(current_user, r.oid, 'USAGE') AS mine,
  r.oid IN (SELECT (pg_catalog.aclexplode(d.defaclacl)).grantee FROM pg_catalog.pg_default_acl d)
                          AS favoured
FROM pg_catalog.pg_roles r
WHERE pg_catalog.pg_has_role(current_user, r.oid, 'USAGE')
   OR r.oid IN (SELECT (pg_catalog.aclexplode(d.defaclacl)).grantee FROM pg_catalog.pg_default_acl d)
ORDER BY r.rolname;
