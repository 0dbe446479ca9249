-- How are the other constraints and the indexes of some tables defined?
-- Parameters: tables (an array of oids). One row for each; foreign keys have a question of their own.
SELECT
  'constraint'            AS kind,
  k.conrelid::pg_catalog.regclass::text || '.' || k.conname AS name,
  pg_catalog.pg_get_constraintdef(k.oid)
    || coalesce(' -- ' || pg_catalog.obj_description(k.oid, 'pg_constraint'), '') AS definition
FROM pg_catalog.pg_constraint k
WHERE k.conrelid = ANY (:'tables') AND k.contype <> 'f'
UNION ALL
SELECT
  'index',
  i.indexrelid::pg_catalog.regclass::text,
  pg_catalog.pg_get_indexdef(i.indexrelid)
    || CASE WHEN i.indisclustered THEN ' -- clustered' ELSE '' END
    || CASE WHEN i.indisreplident THEN ' -- replica identity' ELSE '' END
    || CASE WHEN i.indisvalid THEN '' ELSE ' -- invalid' END
    || coalesce(' -- ' || pg_catalog.obj_description(i.indexrelid, 'pg_class'), '')
FROM pg_catalog.pg_index i
WHERE i.indrelid = ANY (:'tables')
ORDER BY 1, 2;
