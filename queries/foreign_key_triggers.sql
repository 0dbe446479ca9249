-- Which triggers do foreign keys have, and which of a table's fires first?
-- Parameters: none. One row for each trigger, by table, in the order in which they fire: that of
-- their names as text. "fires" is false for those that check new rows and are on a partitioned
-- table: only those of its partitions ever do.
-- "foreign_key_oid" is that of the foreign key that somebody made; "relation" and "constraint_name"
-- say which constraint has the trigger: that foreign key, or a copy of it for a partition.
-- "is_copy": it is renamed with its partitioned table's trigger, and not by itself (from 15 on).
-- "action" is what it does: check, noaction, restrict, cascade, setnull or setdefault.
WITH RECURSIVE family AS (
  SELECT k.oid AS root_oid, k.oid
  FROM pg_catalog.pg_constraint k
  WHERE k.contype = 'f' AND k.conparentid = 0
  UNION ALL
  SELECT f.root_oid, k.oid
  FROM family f
  JOIN pg_catalog.pg_constraint k ON k.conparentid = f.oid AND k.contype = 'f'
)
SELECT
  f.root_oid::bigint  AS foreign_key_oid,
  k.conrelid::pg_catalog.regclass::text AS relation,
  k.conname::text     AS constraint_name,
  t.tgrelid::pg_catalog.regclass::text  AS table_name,
  t.tgfoid::pg_catalog.regproc::text    AS function,
  t.tgname::text      AS name,
  t.tgenabled::text   AS state,
  t.tgparentid <> 0   AS is_copy,
  a.action            AS action,
  a.action <> 'check' OR c.relkind <> 'p' AS fires
FROM family f
JOIN pg_catalog.pg_constraint k ON k.oid = f.oid
JOIN pg_catalog.pg_trigger t ON t.tgconstraint = k.oid
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
CROSS JOIN LATERAL (SELECT pg_catalog.split_part(p.proname, '_', 3) AS action
                      FROM pg_catalog.pg_proc p WHERE p.oid = t.tgfoid) AS a
ORDER BY t.tgrelid, t.tgname;
