-- Which copies did PostgreSQL make of foreign keys, for the partitions of either side?
-- Parameters: none. One row for each; "foreign_key_oid" is that of the one that somebody made.
-- Under it a copy is known by its two tables. "is_validated" means nothing for the partitions of
-- the referenced table (null): PostgreSQL does not keep it there.
WITH RECURSIVE family AS (
  SELECT k.oid AS root_oid, k.confrelid AS root_confrelid, k.oid
  FROM pg_catalog.pg_constraint k
  WHERE k.contype = 'f' AND k.conparentid = 0
  UNION ALL
  SELECT f.root_oid, f.root_confrelid, k.oid
  FROM family f
  JOIN pg_catalog.pg_constraint k ON k.conparentid = f.oid AND k.contype = 'f'
)
SELECT
  f.root_oid::bigint AS foreign_key_oid,
  k.conrelid::pg_catalog.regclass::text  AS relation,
  k.confrelid::pg_catalog.regclass::text AS referenced,
  k.conname::text    AS name,
  CASE WHEN k.confrelid = f.root_confrelid THEN k.convalidated END AS is_validated,
  pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment
FROM family f
JOIN pg_catalog.pg_constraint k ON k.oid = f.oid
WHERE k.oid <> f.root_oid
ORDER BY k.oid;
