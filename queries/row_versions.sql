-- Which transactions wrote the rows that the catalog has about some objects?
-- Parameters: class_oids, oids (two arrays of oids, in pairs: a catalog's and an object's in it; a
-- column is asked for as its relation is, by either catalog).
-- One row for each object of a catalog that is known here, also if it is not there. "versions" has
-- its rows, each as catalog, number and xmin, with those of its parts; it is empty where none is
-- seen. No definition is asked for: nothing here waits for a lock.
WITH RECURSIVE asked AS (
  SELECT DISTINCT a.class_oid, a.oid,
    CASE WHEN a.class_oid = 'pg_catalog.pg_attribute'::pg_catalog.regclass
         THEN 'pg_catalog.pg_class'::pg_catalog.regclass::oid ELSE a.class_oid END AS own_class
  FROM ROWS FROM (pg_catalog.unnest(:'class_oids'::oid[]), pg_catalog.unnest(:'oids'::oid[]))
    AS a(class_oid, oid)
), part (class_oid, oid, of_class, of_oid) AS (
  -- The copies for partitions, a relation's row type, and its TOAST table.
  SELECT tableoid, oid, tableoid, conparentid FROM pg_catalog.pg_constraint WHERE conparentid <> 0
  UNION ALL
  SELECT tableoid, oid, tableoid, tgparentid FROM pg_catalog.pg_trigger WHERE tgparentid <> 0
  UNION ALL
  SELECT tableoid, oid, 'pg_catalog.pg_class'::pg_catalog.regclass, typrelid
  FROM pg_catalog.pg_type WHERE typrelid <> 0
  UNION ALL
  SELECT tableoid, reltoastrelid, tableoid, oid FROM pg_catalog.pg_class WHERE reltoastrelid <> 0
), about (asked_class, asked_oid, class_oid, oid) AS (
  SELECT class_oid, oid, own_class, oid FROM asked
  UNION
  SELECT a.asked_class, a.asked_oid, p.class_oid, p.oid
  FROM about a
  JOIN part p ON p.of_class = a.class_oid AND p.of_oid = a.oid
), these AS (
  SELECT pg_catalog.array_agg(DISTINCT oid) AS oids FROM about
), written (class_oid, oid, in_catalog, number, xmin) AS (
  SELECT tableoid, oid, tableoid, 0, xmin
  FROM pg_catalog.pg_class WHERE oid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT tableoid, oid, tableoid, 0, xmin
  FROM pg_catalog.pg_proc WHERE oid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT tableoid, oid, tableoid, 0, xmin
  FROM pg_catalog.pg_constraint WHERE oid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT tableoid, oid, tableoid, 0, xmin
  FROM pg_catalog.pg_trigger WHERE oid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT tableoid, oid, tableoid, 0, xmin
  FROM pg_catalog.pg_policy WHERE oid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT tableoid, oid, tableoid, 0, xmin
  FROM pg_catalog.pg_rewrite WHERE oid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT tableoid, oid, tableoid, 0, xmin
  FROM pg_catalog.pg_statistic_ext WHERE oid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT tableoid, oid, tableoid, 0, xmin
  FROM pg_catalog.pg_publication WHERE oid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT tableoid, oid, tableoid, 0, xmin
  FROM pg_catalog.pg_publication_rel WHERE oid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT tableoid, oid, tableoid, 0, xmin
  FROM pg_catalog.pg_type WHERE oid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT tableoid, oid, tableoid, 0, xmin
  FROM pg_catalog.pg_operator WHERE oid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT tableoid, oid, tableoid, 0, xmin
  FROM pg_catalog.pg_cast WHERE oid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT tableoid, oid, tableoid, 0, xmin
  FROM pg_catalog.pg_namespace WHERE oid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT tableoid, oid, tableoid, 0, xmin
  FROM pg_catalog.pg_extension WHERE oid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  -- What a relation has: its columns, their defaults, what a view reads, how an index is built.
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, attrelid, tableoid, attnum, xmin
  FROM pg_catalog.pg_attribute WHERE attrelid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, adrelid, tableoid, adnum, xmin
  FROM pg_catalog.pg_attrdef WHERE adrelid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, ev_class, tableoid, 0, xmin
  FROM pg_catalog.pg_rewrite WHERE ev_class = ANY ((SELECT oids FROM these)::oid[]) AND rulename = '_RETURN'
  UNION ALL
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, indexrelid, tableoid, 0, xmin
  FROM pg_catalog.pg_index WHERE indexrelid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, seqrelid, tableoid, 0, xmin
  FROM pg_catalog.pg_sequence WHERE seqrelid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, inhrelid, tableoid, inhseqno, xmin
  FROM pg_catalog.pg_inherits WHERE inhrelid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  -- A constraint's own triggers, and what there is to an aggregate and to a type.
  SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, tgconstraint, tableoid, 0, xmin
  FROM pg_catalog.pg_trigger WHERE tgconstraint = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, aggfnoid, tableoid, 0, xmin
  FROM pg_catalog.pg_aggregate WHERE aggfnoid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, enumtypid, tableoid, 0, xmin
  FROM pg_catalog.pg_enum WHERE enumtypid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, rngtypid, tableoid, 0, xmin
  FROM pg_catalog.pg_range WHERE rngtypid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  -- What any object may have.
  SELECT classoid, objoid, tableoid, objsubid, xmin
  FROM pg_catalog.pg_description WHERE objoid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT classoid, objoid, tableoid, objsubid, xmin
  FROM pg_catalog.pg_seclabel WHERE objoid = ANY ((SELECT oids FROM these)::oid[])
  UNION ALL
  SELECT classid, objid, tableoid, objsubid, xmin
  FROM pg_catalog.pg_depend WHERE objid = ANY ((SELECT oids FROM these)::oid[]) AND deptype IN ('e', 'x')
)
SELECT
  a.asked_class::bigint   AS class_oid,
  a.asked_oid::bigint     AS oid,
  coalesce(pg_catalog.string_agg(pg_catalog.format('%s %s %s', w.in_catalog, w.number, w.xmin), ', '
                                 ORDER BY w.in_catalog, w.number, w.xmin::text), '') AS versions
FROM about a
LEFT JOIN written w ON w.class_oid = a.class_oid AND w.oid = a.oid
WHERE a.class_oid IN (
  'pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass,
  'pg_catalog.pg_constraint'::pg_catalog.regclass, 'pg_catalog.pg_trigger'::pg_catalog.regclass,
  'pg_catalog.pg_policy'::pg_catalog.regclass, 'pg_catalog.pg_rewrite'::pg_catalog.regclass,
  'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, 'pg_catalog.pg_publication'::pg_catalog.regclass,
  'pg_catalog.pg_publication_rel'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass,
  'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_cast'::pg_catalog.regclass,
  'pg_catalog.pg_namespace'::pg_catalog.regclass, 'pg_catalog.pg_extension'::pg_catalog.regclass)
GROUP BY a.asked_class, a.asked_oid;
