-- What hangs on columns, views and functions, apart from what ALTER COLUMN TYPE keeps by itself?
-- Parameters: none. One row for each dependent and what it hangs on: a column (table and number), or
-- a view, index or function as a whole (number 0). Default is to list: whatever pg_depend knows,
-- except what PostgreSQL is known to carry over (the column's own default, primary, unique and
-- not-null constraints, foreign keys, and indexes that only name the column as a key part with the
-- type's default operator class).
-- The rule that makes a view counts as the view, and so does the view's row type.
-- "inherited" dependents come and go with the parent's; "extension" names the one that brought it.
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
),
edges AS (
  SELECT DISTINCT
    CASE WHEN r.rulename = '_RETURN' THEN 'pg_catalog.pg_class'::pg_catalog.regclass
         WHEN generated.oid IS NOT NULL THEN 'pg_catalog.pg_attrdef'::pg_catalog.regclass
         ELSE d.classid END::pg_catalog.oid AS class_oid,
    CASE WHEN r.rulename = '_RETURN' THEN r.ev_class ELSE coalesce(generated.oid, d.objid) END AS oid,
    CASE WHEN row_type.oid IS NOT NULL THEN 'pg_catalog.pg_class'::pg_catalog.regclass
         ELSE d.refclassid END::pg_catalog.oid AS on_class_oid,
    coalesce(row_type.typrelid, d.refobjid) AS on_oid,
    d.refobjsubid AS on_number,
    false AS by_operator_class
  FROM pg_catalog.pg_depend d
  LEFT JOIN pg_catalog.pg_rewrite r
         ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = d.objid
  LEFT JOIN pg_catalog.pg_class c
         ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = d.refobjid
  -- The row type of a view, or the array of it.
  LEFT JOIN (
    SELECT t.oid, t.typrelid FROM pg_catalog.pg_type t WHERE t.typrelid <> 0
    UNION ALL
    SELECT t.typarray, t.typrelid FROM pg_catalog.pg_type t WHERE t.typrelid <> 0 AND t.typarray <> 0
  ) AS row_type ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND row_type.oid = d.refobjid
  LEFT JOIN pg_catalog.pg_class rc ON rc.oid = row_type.typrelid
  LEFT JOIN pg_catalog.pg_class x
         ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.oid = d.objid
  LEFT JOIN pg_catalog.pg_constraint k
         ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = d.objid
  LEFT JOIN pg_catalog.pg_attrdef e
         ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND e.oid = d.objid
  -- On 13 and 14 the generated column depends on what its expression reads, later the expression.
  LEFT JOIN pg_catalog.pg_attribute ga
         ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND ga.attrelid = d.objid AND ga.attnum = d.objsubid AND ga.attgenerated <> ''
  LEFT JOIN pg_catalog.pg_attrdef generated
         ON generated.adrelid = ga.attrelid AND generated.adnum = ga.attnum
  LEFT JOIN pg_catalog.pg_type y
         ON d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND y.oid = d.objid
  WHERE d.refobjid >= 16384
    AND d.deptype <> 'e'
    AND (   (c.relkind IN ('r', 'p') AND d.refobjsubid > 0)
         OR c.relkind IN ('v', 'm')
         OR rc.relkind IN ('v', 'm')
         OR d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass)
    AND coalesce(k.contype NOT IN ('p', 'u', 'f', 'n'), true)
    AND NOT coalesce(e.adrelid = d.refobjid AND e.adnum = d.refobjsubid, false)
    AND NOT coalesce(x.relkind IN ('S', 't'), false)  -- a sequence that the column owns, TOAST
    AND NOT coalesce(r.rulename = '_RETURN' AND coalesce(c.oid, rc.oid) = r.ev_class, false)
    -- A relation's own row type, and the array of it.
    AND y.typrelid IS DISTINCT FROM d.refobjid
    AND NOT coalesce(y.typelem = row_type.oid, false)
    AND NOT EXISTS (SELECT FROM kept_index i
                     WHERE c.relkind IN ('r', 'p')  -- those of a materialized view go with it
                       AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                       AND i.indexrelid = d.objid
                       AND i.indrelid = d.refobjid
                       AND i.attnum = d.refobjsubid)
  UNION
  -- An index behind a constraint hangs on the constraint, not on the column.
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid,
         'pg_catalog.pg_class'::pg_catalog.regclass, i.indrelid, k.attnum, true
  FROM pg_catalog.pg_index i
  CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
  JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[k.place - 1]
  WHERE NOT o.opcdefault
    AND i.indrelid >= 16384
    AND k.attnum > 0
),
described AS (
  SELECT g.*,
    CASE
      WHEN g.by_operator_class THEN 'operator class'
      WHEN x.relkind = 'v' THEN 'view'
      WHEN x.relkind = 'm' THEN 'materialized view'
      WHEN x.relkind IN ('i', 'I') THEN 'index'
      WHEN g.class_oid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass THEN 'rule'
      WHEN g.class_oid = 'pg_catalog.pg_policy'::pg_catalog.regclass THEN 'policy'
      WHEN g.class_oid = 'pg_catalog.pg_trigger'::pg_catalog.regclass THEN 'trigger'
      WHEN e.adrelid IS NOT NULL AND a.attgenerated <> '' THEN 'generated column'
      WHEN e.adrelid IS NOT NULL THEN 'default'
      WHEN g.class_oid = 'pg_catalog.pg_proc'::pg_catalog.regclass THEN 'function'
      WHEN g.class_oid = 'pg_catalog.pg_publication_rel'::pg_catalog.regclass THEN 'publication'
      WHEN g.class_oid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass THEN 'extended statistics'
      WHEN g.class_oid = 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN 'constraint'
      ELSE 'object'
    END AS kind,
    CASE WHEN x.relkind IN ('v', 'm')
         THEN (pg_catalog.pg_identify_object(g.class_oid, g.oid, 0)).identity
         WHEN e.oid IS NOT NULL
         THEN pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, e.adrelid, e.adnum)
         ELSE pg_catalog.pg_describe_object(g.class_oid, g.oid, 0) END AS name,
    coalesce(t.tgparentid <> 0, NOT k.conislocal AND k.coninhcount > 0, x.relispartition, false)
      AS inherited
  FROM (SELECT class_oid, oid, on_class_oid, on_oid, on_number,
               pg_catalog.bool_or(by_operator_class) AS by_operator_class
        FROM edges
        GROUP BY class_oid, oid, on_class_oid, on_oid, on_number) AS g
  LEFT JOIN pg_catalog.pg_class x
         ON g.class_oid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.oid = g.oid
  LEFT JOIN pg_catalog.pg_attrdef e
         ON g.class_oid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND e.oid = g.oid
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = e.adrelid AND a.attnum = e.adnum
  LEFT JOIN pg_catalog.pg_trigger t
         ON g.class_oid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND t.oid = g.oid
  LEFT JOIN pg_catalog.pg_constraint k
         ON g.class_oid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = g.oid
)
SELECT
  class_oid::bigint, oid::bigint, kind, name, inherited,
  on_class_oid::bigint, on_oid::bigint, on_number::int,
  (SELECT x.extname::text
     FROM pg_catalog.pg_depend m
     JOIN pg_catalog.pg_extension x ON x.oid = m.refobjid
    WHERE m.classid = class_oid AND m.objid = described.oid AND m.deptype = 'e') AS extension
FROM described
UNION ALL
SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::bigint, u.attrelid::bigint, 'column of the row type',
       pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, u.attrelid, u.attnum),
       false, 'pg_catalog.pg_class'::pg_catalog.regclass::bigint, c.oid::bigint, a.attnum::int, NULL
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = c.reltype
CROSS JOIN LATERAL (VALUES (t.oid), (t.typarray)) AS row_type(oid)
JOIN pg_catalog.pg_attribute u ON u.atttypid = row_type.oid AND NOT u.attisdropped
JOIN pg_catalog.pg_class uc ON uc.oid = u.attrelid AND uc.relkind IN ('r', 'p', 'f', 'c')
WHERE c.relkind IN ('r', 'p')
  AND c.oid >= 16384
ORDER BY 1, 2, 6, 7, 8;
