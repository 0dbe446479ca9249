-- Which foreign keys are there, with everything that dropping and recreating one would lose?
-- Parameters: relations (an array of oids; an empty one for all of them): the referencing tables.
-- One row for each, in the order of creation. The copies that PostgreSQL makes for partitions
-- (conparentid) come and go with their parent; they and the triggers have questions of their own.
-- "operators" compare a referenced column with a referencing one, in the order of the columns.
-- "is_temporal": the last column is a PERIOD, which the referenced rows have to cover (18).
-- pg_get_constraintdef qualifies names by search_path: set it to ''.
SELECT
  k.oid::bigint            AS oid,
  k.conname::text          AS name,
  pg_catalog.format('%I ON %s', k.conname, k.conrelid::pg_catalog.regclass) AS identity,
  k.conrelid::pg_catalog.regclass::text AS relation,
  cn.nspname::text         AS schema,
  c.relname::text          AS table_name,
  k.conrelid::bigint       AS table_oid,
  pn.nspname::text         AS referenced_schema,
  p.relname::text          AS referenced_table,
  k.confrelid::bigint      AS referenced_oid,
  k.conkey::int[]          AS column_numbers,
  k.confkey::int[]         AS referenced_numbers,
  ARRAY(SELECT a.attname::text
          FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u(attnum, place)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
         ORDER BY u.place) AS columns,
  ARRAY(SELECT a.attname::text
          FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS u(attnum, place)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum
         ORDER BY u.place) AS referenced_columns,
  ARRAY(SELECT pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname)
          FROM pg_catalog.unnest(k.conpfeqop) WITH ORDINALITY AS u(oid, place)
          JOIN pg_catalog.pg_operator o ON o.oid = u.oid
          JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
         ORDER BY u.place) AS operators,
  pg_catalog.pg_get_constraintdef(k.oid) AS definition,
  CASE k.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE'
                     WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' END AS on_delete,
  CASE k.confupdtype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE'
                     WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' END AS on_update,
  k.confmatchtype = 'f'    AS match_full,
  k.condeferrable          AS is_deferrable,
  k.condeferred            AS is_deferred,
  k.convalidated           AS is_validated,
  -- Both came with version 18.
  coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::boolean, true) AS is_enforced,
  coalesce((pg_catalog.to_jsonb(k) ->> 'conperiod')::boolean, false)  AS is_temporal,
  pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
WHERE k.contype = 'f'
  AND k.conparentid = 0
  AND (pg_catalog.cardinality(:'relations'::oid[]) = 0 OR k.conrelid = ANY (:'relations'::oid[]))
ORDER BY k.oid;
