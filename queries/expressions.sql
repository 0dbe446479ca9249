-- What does each expression call, in which order, and by which collation?
-- Parameters: relations and routines (arrays of names as SQL writes them). Both null: all that is not
-- PostgreSQL's own, in the whole database. Else: all that the expressions of these call, and those of
-- what they have. search_path has to be empty.
-- One row for each function or operator that is called, as often as it is called (LEAST is told as
-- GREATEST); "kind" and "identity" say in what (see objects_*.sql), "place" which one it is there.
-- It is "own" if no server comes with it. "collation" is what it is told to compare by; empty if
-- that could not be determined, null if nothing that it is given has one.
-- pg_depend has each callee once, and not in which place: that is written only in the node trees.
WITH relation AS (
  SELECT c.oid, c.relkind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE CASE WHEN :'relations'::text[] IS NULL
             THEN n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
             ELSE pg_catalog.format('%I.%I', n.nspname, c.relname) = ANY (:'relations'::text[]) END
    AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
), calling AS (
  -- A node tree is read only if it is asked for, or known to call what is not PostgreSQL's own.
  SELECT DISTINCT d.classid, d.objid
  FROM pg_catalog.pg_depend d
  WHERE d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass,
                         'pg_catalog.pg_operator'::pg_catalog.regclass)
    AND d.refobjid >= 16384
), tree AS (
  SELECT CASE WHEN w.rulename <> '_RETURN' THEN 'RULE'
              WHEN r.relkind = 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END AS kind,
         CASE WHEN w.rulename <> '_RETURN' THEN pg_catalog.format('%I ON %s', w.rulename, r.name)
              ELSE r.name END AS identity,
         'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid AS class_oid, w.oid,
         pg_catalog.concat_ws(' ', w.ev_qual, w.ev_action) AS nodes
  FROM relation r
  JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid
  UNION ALL
  SELECT 'CONSTRAINT', pg_catalog.format('%I ON %s', k.conname, r.name),
         'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, k.conbin::text
  FROM relation r
  JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid
  WHERE k.conbin IS NOT NULL
  UNION ALL
  SELECT 'COLUMN', pg_catalog.format('%s.%I', r.name, a.attname),
         'pg_catalog.pg_attrdef'::pg_catalog.regclass, e.oid, e.adbin::text
  FROM relation r
  JOIN pg_catalog.pg_attrdef e ON e.adrelid = r.oid
  JOIN pg_catalog.pg_attribute a ON a.attrelid = e.adrelid AND a.attnum = e.adnum
  UNION ALL
  SELECT 'INDEX', pg_catalog.format('%I.%I', n.nspname, c.relname),
         'pg_catalog.pg_class'::pg_catalog.regclass, c.oid,
         pg_catalog.concat_ws(' ', i.indexprs, i.indpred)
  FROM relation r
  JOIN pg_catalog.pg_index i ON i.indrelid = r.oid
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
  UNION ALL
  SELECT 'TRIGGER', pg_catalog.format('%I ON %s', t.tgname, r.name),
         'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid, t.tgqual::text
  FROM relation r
  JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid
  WHERE t.tgqual IS NOT NULL
  UNION ALL
  SELECT 'POLICY', pg_catalog.format('%I ON %s', p.polname, r.name),
         'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid,
         pg_catalog.concat_ws(' ', p.polqual, p.polwithcheck)
  FROM relation r
  JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid
  UNION ALL
  SELECT 'STATISTICS', pg_catalog.format('%I.%I', n.nspname, s.stxname),
         'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, s.oid,
         pg_catalog.to_jsonb(s) ->> 'stxexprs'
  FROM relation r
  JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = r.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
  UNION ALL
  SELECT 'PUBLISHED TABLE', pg_catalog.format('%s IN PUBLICATION %I', r.name, p.pubname),
         'pg_catalog.pg_publication_rel'::pg_catalog.regclass, x.oid,
         pg_catalog.to_jsonb(x) ->> 'prqual'
  FROM relation r
  JOIN pg_catalog.pg_publication_rel x ON x.prrelid = r.oid
  JOIN pg_catalog.pg_publication p ON p.oid = x.prpubid
  UNION ALL
  SELECT CASE f.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
         f.oid::pg_catalog.regprocedure::text,
         'pg_catalog.pg_proc'::pg_catalog.regclass, f.oid,
         pg_catalog.concat_ws(' ', f.proargdefaults, pg_catalog.to_jsonb(f) ->> 'prosqlbody')
  FROM pg_catalog.pg_proc f
  WHERE f.oid >= 16384
    AND (:'routines'::text[] IS NULL
         OR f.oid::pg_catalog.regprocedure::text = ANY (:'routines'::text[]))
), word AS (
  SELECT t.kind, t.identity, w.place, w.said[1] AS field, w.said[2]::pg_catalog.oid AS oid,
         -- What a node is given comes behind its collation.
         pg_catalog.lead(w.said[2]::pg_catalog.oid)
           OVER (PARTITION BY t.class_oid, t.oid ORDER BY w.place) AS collation_oid
  FROM tree t
  CROSS JOIN LATERAL pg_catalog.regexp_matches(
    t.nodes, ':(funcid|aggfnoid|winfnoid|opno|minmaxtype|inputcollid) (\d+)', 'g')
    WITH ORDINALITY AS w(said, place)
  WHERE :'relations'::text[] IS NOT NULL
     OR (t.class_oid, t.oid) IN (SELECT c.classid, c.objid FROM calling c)
), call AS (
  SELECT w.*, w.oid >= 16384 AND w.field <> 'minmaxtype' AS own, o.oid IS NOT NULL AS operator,
         coalesce(f.oid::pg_catalog.regprocedure::text, o.oid::pg_catalog.regoperator::text,
                  pg_catalog.format('GREATEST(%s)', w.oid::pg_catalog.regtype)) AS called,
         CASE w.field WHEN 'opno' THEN ARRAY[o.oprleft, o.oprright]
                      WHEN 'minmaxtype' THEN ARRAY[w.oid]
                      ELSE f.proargtypes::pg_catalog.oid[] END AS types
  FROM word w
  LEFT JOIN pg_catalog.pg_proc f ON f.oid = w.oid AND w.field IN ('funcid', 'aggfnoid', 'winfnoid')
  LEFT JOIN pg_catalog.pg_operator o ON o.oid = w.oid AND w.field = 'opno'
  WHERE w.field <> 'inputcollid'
)
SELECT
  c.kind, c.identity, c.place, c.called, c.operator, c.own,
  CASE WHEN c.collation_oid <> 0 THEN c.collation_oid::pg_catalog.regcollation::text
       WHEN EXISTS (SELECT FROM pg_catalog.pg_type t
                     WHERE t.oid = ANY (c.types) AND t.typcollation <> 0) THEN ''
  END                     AS collation
FROM call c
WHERE c.own OR :'relations'::text[] IS NOT NULL
UNION ALL
-- An exclusion constraint's operators: pg_depend does not have them.
SELECT 'CONSTRAINT', pg_catalog.format('%I ON %s', k.conname, r.name), x.place,
       x.oid::pg_catalog.regoperator::text, true, true, NULL
FROM relation r
JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid
CROSS JOIN LATERAL pg_catalog.unnest(k.conexclop) WITH ORDINALITY AS x(oid, place)
WHERE x.oid >= 16384
ORDER BY kind, identity, place;
