-- What have relations that migrations make? Their columns, constraints, indexes, triggers and so on.
-- Parameters: relations (an array of oids; an empty one for all of them). The sequences of a table's
-- columns are found with it.
-- One row for each part; "relation" is the table, view or sequence that has it, "relation_oid" its
-- oid. Whatever differs between two databases that were migrated alike is left out: owners,
-- privileges, storage, the order of columns. A column's sequence belongs to the column's table.
WITH relation AS (
  SELECT c.oid, c.relkind, c.relpersistence, c.relpartbound, c.relrowsecurity,
         c.relforcerowsecurity, coalesce(d.refobjid, c.oid) AS owner_oid,
         pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_depend d ON d.objid = c.oid AND d.refobjsubid > 0 AND c.relkind = 'S'
        AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.deptype IN ('a', 'i')
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')
    AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema'
    AND n.nspname !~ '^pg_'
    AND (pg_catalog.cardinality(:'relations'::oid[]) = 0 OR c.oid = ANY (ARRAY(
          SELECT pg_catalog.unnest(:'relations'::oid[])
          UNION ALL
          SELECT s.objid
          FROM pg_catalog.pg_depend s
          WHERE s.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND s.refobjid = ANY (:'relations'::oid[])
            AND s.refobjsubid > 0
            AND s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND s.deptype IN ('a', 'i'))))
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                     WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                       AND e.objid = c.oid AND e.deptype = 'e')
), part AS (
  SELECT r.oid AS relation_oid,
         CASE r.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                        WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table'
                        WHEN 'c' THEN 'type' ELSE 'table' END AS kind,
         r.name AS identity,
         pg_catalog.jsonb_build_object(
           'unlogged', nullif(r.relpersistence = 'u', false),
           'partition bound', pg_catalog.pg_get_expr(r.relpartbound, r.oid),
           'partition key', CASE WHEN r.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(r.oid) END,
           'row security', nullif(r.relrowsecurity, false),
           'forced row security', nullif(r.relforcerowsecurity, false),
           'parents', (SELECT pg_catalog.array_agg(i.inhparent::pg_catalog.regclass::text
                                                   ORDER BY i.inhseqno)
                         FROM pg_catalog.pg_inherits i WHERE i.inhrelid = r.oid),
           'definition', CASE WHEN r.relkind IN ('v', 'm')
                              THEN pg_catalog.pg_get_viewdef(r.oid) END,
           'sequence', (SELECT pg_catalog.concat_ws(' ', pg_catalog.format_type(q.seqtypid, NULL),
                                 'start', q.seqstart, 'min', q.seqmin, 'max', q.seqmax,
                                 'increment', q.seqincrement, CASE WHEN q.seqcycle THEN 'cycle' END)
                          FROM pg_catalog.pg_sequence q WHERE q.seqrelid = r.oid),
           'comment', pg_catalog.obj_description(r.oid, 'pg_class')) AS properties
  FROM relation r
  UNION ALL
  SELECT r.oid, 'column', pg_catalog.format('%s.%I', r.name, a.attname),
         pg_catalog.jsonb_build_object(
           'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
           'not null', nullif(a.attnotnull, false),
           'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
           'identity', nullif(a.attidentity, ''),
           'generated', nullif(a.attgenerated, ''),
           'collation', CASE WHEN a.attcollation <> t.typcollation
                             THEN a.attcollation::pg_catalog.regcollation::text END,
           'comment', pg_catalog.col_description(a.attrelid, a.attnum))
  FROM relation r
  JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  -- A view's columns are in its definition.
  WHERE r.relkind NOT IN ('S', 'v', 'm')
  UNION ALL
  SELECT r.oid,
         CASE k.contype WHEN 'f' THEN 'foreign key' ELSE 'constraint' END,
         pg_catalog.format('%I ON %s', k.conname, r.name),
         pg_catalog.jsonb_build_object(
           'definition', pg_catalog.pg_get_constraintdef(k.oid),
           'comment', pg_catalog.obj_description(k.oid, 'pg_constraint'))
  FROM relation r
  JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid
  -- From PostgreSQL 18 on, NOT NULL is a constraint, too ('n'); the column says it already.
  WHERE k.contype NOT IN ('t', 'n') AND (k.contype <> 'f' OR k.conparentid = 0)
  UNION ALL
  SELECT r.oid, 'index', pg_catalog.format('%I.%I', n.nspname, c.relname),
         pg_catalog.jsonb_build_object(
           'definition', pg_catalog.pg_get_indexdef(c.oid),
           'invalid', nullif(NOT i.indisvalid, false),
           'comment', pg_catalog.obj_description(c.oid, 'pg_class'))
  FROM relation r
  JOIN pg_catalog.pg_index i ON i.indrelid = r.oid
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                     WHERE k.conindid = c.oid AND k.conrelid = r.oid
                       AND k.contype IN ('p', 'u', 'x'))
  UNION ALL
  SELECT r.oid, 'trigger', pg_catalog.format('%I ON %s', t.tgname, r.name),
         pg_catalog.jsonb_build_object('definition', pg_catalog.pg_get_triggerdef(t.oid))
  FROM relation r
  JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
  UNION ALL
  SELECT r.oid, 'rule', pg_catalog.format('%I ON %s', w.rulename, r.name),
         pg_catalog.jsonb_build_object('definition', pg_catalog.pg_get_ruledef(w.oid))
  FROM relation r
  JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
  UNION ALL
  SELECT r.oid, 'policy', pg_catalog.format('%I ON %s', p.polname, r.name),
         pg_catalog.jsonb_build_object(
           'command', p.polcmd,
           'permissive', p.polpermissive,
           'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
           'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
  FROM relation r
  JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid
  UNION ALL
  SELECT r.oid, 'statistics', pg_catalog.format('%I.%I', n.nspname, s.stxname),
         pg_catalog.jsonb_build_object('definition', pg_catalog.pg_get_statisticsobjdef(s.oid))
  FROM relation r
  JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = r.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
)
SELECT
  r.owner_oid::bigint     AS relation_oid,
  r.owner_oid::pg_catalog.regclass::text AS relation,
  p.kind                  AS kind,
  p.identity              AS identity,
  pg_catalog.jsonb_strip_nulls(p.properties)::text AS properties
FROM part p
JOIN relation r ON r.oid = p.relation_oid;
