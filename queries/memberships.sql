-- Which role is a member of which?
-- Parameters: none. One row for each pair, with the most that any grantor gave.
-- "inherits" and "sets" came with version 16: before, a member inherits if the role does (null), and
-- may always set the role.
SELECT
  g.rolname::text         AS role,
  m.rolname::text         AS member,
  pg_catalog.bool_or(a.admin_option) AS administers,
  pg_catalog.bool_or((pg_catalog.to_jsonb(a) ->> 'inherit_option')::boolean) AS inherits,
  pg_catalog.bool_or((pg_catalog.to_jsonb(a) ->> 'set_option')::boolean) AS sets
FROM pg_catalog.pg_auth_members a
JOIN pg_catalog.pg_roles g ON g.oid = a.roleid
JOIN pg_catalog.pg_roles m ON m.oid = a.member
GROUP BY g.rolname, m.rolname
ORDER BY g.rolname, m.rolname;
