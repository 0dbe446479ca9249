-- What hangs on the columns of the tables, apart from what ALTER COLUMN TYPE keeps by itself?
-- Parameters: none. One row for each object and column. Default is refusal: whatever pg_depend
-- knows is listed, except what PostgreSQL is known to carry over (the column's own default, primary,
-- unique and not-null constraints, foreign keys, and indexes that only name the column as a key part
-- with the type's default operator class).
WITH kept_index AS (
  SELECT i.indexrelid, i.indrelid, k.attnum
  FROM pg_catalog.pg_index i
  CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
  LEFT JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[k.place - 1]
  WHERE coalesce(o.opcdefault, true)  -- an INCLUDE column has no operator class
    AND NOT i.indisexclusion
    -- Which columns an expression reads is written only in its node tree.
    AND coalesce(i.indexprs::text, '') !~ (':varattno ' || k.attnum || ' ')
    AND coalesce(i.indpred::text, '') !~ (':varattno ' || k.attnum || ' ')
)
SELECT
  d.refobjid::bigint    AS table_oid,
  d.refobjsubid::int    AS column_number,
  CASE
    WHEN v.relkind = 'v' THEN 'view'
    WHEN v.relkind = 'm' THEN 'materialized view'
    WHEN r.oid IS NOT NULL THEN 'rule'
    WHEN d.classid = 'pg_catalog.pg_policy'::regclass THEN 'policy'
    WHEN d.classid = 'pg_catalog.pg_trigger'::regclass THEN 'trigger'
    WHEN d.classid = 'pg_catalog.pg_attrdef'::regclass THEN 'generated column'
    WHEN d.classid = 'pg_catalog.pg_proc'::regclass THEN 'function'
    WHEN d.classid = 'pg_catalog.pg_publication_rel'::regclass THEN 'publication'
    WHEN d.classid = 'pg_catalog.pg_statistic_ext'::regclass THEN 'extended statistics'
    WHEN d.classid = 'pg_catalog.pg_constraint'::regclass THEN 'constraint'
    WHEN x.relkind IN ('i', 'I') THEN 'index'
    ELSE 'object'
  END AS kind,
  CASE WHEN r.rulename = '_RETURN'
       THEN (pg_catalog.pg_identify_object('pg_catalog.pg_class'::regclass, v.oid, 0)).identity
       WHEN e.oid IS NOT NULL
       THEN pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, e.adrelid, e.adnum)
       ELSE pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) END AS name
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_class c ON c.oid = d.refobjid
LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
LEFT JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND r.rulename = '_RETURN'
LEFT JOIN pg_catalog.pg_class x ON d.classid = 'pg_catalog.pg_class'::regclass AND x.oid = d.objid
LEFT JOIN pg_catalog.pg_constraint k
       ON d.classid = 'pg_catalog.pg_constraint'::regclass AND k.oid = d.objid
LEFT JOIN pg_catalog.pg_attrdef e
       ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND e.oid = d.objid
WHERE d.refclassid = 'pg_catalog.pg_class'::regclass
  AND d.refobjsubid > 0
  AND d.refobjid >= 16384
  AND c.relkind IN ('r', 'p')
  AND coalesce(k.contype NOT IN ('p', 'u', 'f', 'n'), true)
  AND NOT coalesce(e.adrelid = d.refobjid AND e.adnum = d.refobjsubid, false)
  AND NOT coalesce(x.relkind = 'S', false)  -- a sequence that the column owns
  AND NOT EXISTS (SELECT FROM kept_index i
                   WHERE d.classid = 'pg_catalog.pg_class'::regclass
                     AND i.indexrelid = d.objid
                     AND i.indrelid = d.refobjid
                     AND i.attnum = d.refobjsubid)
UNION
-- An index behind a constraint hangs on the constraint, not on the column.
SELECT i.indrelid::bigint, k.attnum::int, 'index',
       pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, i.indexrelid, 0)
         || ' (operator class ' || o.opcname || ')'
FROM pg_catalog.pg_index i
CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[k.place - 1]
WHERE NOT o.opcdefault
  AND i.indrelid >= 16384
  AND k.attnum > 0
UNION
SELECT c.oid::bigint, a.attnum::int, 'column of the row type',
       pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, u.attrelid, u.attnum)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = c.reltype
JOIN pg_catalog.pg_attribute u ON u.atttypid IN (t.oid, t.typarray) AND NOT u.attisdropped
WHERE c.relkind IN ('r', 'p')
  AND c.oid >= 16384
ORDER BY 1, 2, 3, 4;
