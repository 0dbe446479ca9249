-- Which table is a child or a partition of which?
-- Parameters: none. One row for each pair.
SELECT i.inhrelid::bigint AS child_oid, i.inhparent::bigint AS parent_oid
FROM pg_catalog.pg_inherits i
JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
WHERE c.relkind IN ('r', 'p', 'f')
ORDER BY i.inhparent, i.inhrelid;
