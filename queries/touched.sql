-- Which relations may have other parts now, and which objects of no relation were touched?
-- Parameters: none. For a database with queries/replay_log.sql.
-- One row for each relation ("oid"; "tag" and "identity" are empty), and for each object that is
-- none or is gone ("oid" is 0, "tag" the command). Partitions and inheriting tables go with their
-- parents; a touched sequence touches the table of its column.
WITH RECURSIVE touched AS (
  SELECT t.identity, t.tag,
         coalesce(i.indrelid, k.conrelid, g.tgrelid, w.ev_class, p.polrelid, s.stxrelid,
                  CASE WHEN t.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                       THEN t.objid END) AS relation
  FROM pg_rekey.touched t
  LEFT JOIN pg_catalog.pg_index i
         ON t.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.indexrelid = t.objid
  LEFT JOIN pg_catalog.pg_constraint k
         ON t.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = t.objid
        AND k.conrelid <> 0
  LEFT JOIN pg_catalog.pg_trigger g
         ON t.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND g.oid = t.objid
  LEFT JOIN pg_catalog.pg_rewrite w
         ON t.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND w.oid = t.objid
  LEFT JOIN pg_catalog.pg_policy p
         ON t.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND p.oid = t.objid
  LEFT JOIN pg_catalog.pg_statistic_ext s
         ON t.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass AND s.oid = t.objid
), concerned AS (
  SELECT relation FROM touched WHERE relation IS NOT NULL
  UNION
  SELECT n.oid
  FROM concerned c
  CROSS JOIN LATERAL (
    SELECT i.inhrelid AS oid FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.relation
    UNION ALL
    SELECT d.refobjid
    FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.refobjsubid > 0
      AND d.deptype IN ('a', 'i')
      AND d.objid = c.relation
  ) n
)
SELECT c.relation::bigint AS oid, '' AS identity, '' AS tag FROM concerned c
UNION ALL
SELECT DISTINCT 0::bigint, t.identity, t.tag
FROM touched t
WHERE t.relation IS NULL OR t.tag = 'DROP';
