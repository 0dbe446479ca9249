-- Which relations are there, and what is each like, with all that it has?
-- Parameters: relations (an array of oids; an empty one for all of them). The sequences of a table's
-- columns are found with it.
-- One row for each table, view, materialized view, sequence and composite type, and for each column,
-- constraint, index, rule, trigger, policy and extended statistics of one; not the rule that makes a
-- view. Foreign keys, and their triggers, have a question of their own.
-- "relation" is what it comes and goes with, "relation_oid" its oid: a column's sequence belongs to
-- the column's table. A column's "oid" is its relation's.
-- "properties" is JSON without its nulls; privileges are sorted and complete (defaults written out),
-- but for those of columns and of row types, which have none of their own by default.
WITH extension_dependent AS (
  SELECT d.classid, d.objid, pg_catalog.array_agg(x.extname ORDER BY x.extname) AS extensions
  FROM pg_catalog.pg_extension x
  JOIN pg_catalog.pg_depend d ON d.refobjid = x.oid AND d.deptype = 'x'
        AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
  GROUP BY d.classid, d.objid
), labelled AS (
  SELECT l.classoid, l.objoid, l.objsubid,
         pg_catalog.array_agg(l.provider || '=' || l.label ORDER BY l.provider) AS labels
  FROM pg_catalog.pg_seclabel l
  GROUP BY l.classoid, l.objoid, l.objsubid
), relation AS (
  SELECT c.oid, c.relkind, coalesce(d.refobjid, c.oid) AS owner_oid,
         d.refobjsubid AS owner_number,
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
    AND (pg_catalog.cardinality(:'relations'::oid[]) = 0
         OR coalesce(d.refobjid, c.oid) = ANY (:'relations'::oid[]))
), object AS (
  SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass AS catalog,
    r.oid,
    CASE r.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                   WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END AS kind,
    r.name                AS identity,
    r.owner_oid           AS relation_oid,
    pg_catalog.jsonb_build_object(
      'owner', pg_catalog.pg_get_userbyid(c.relowner),
      'privileges', ARRAY(
        SELECT x::text
        FROM pg_catalog.unnest(coalesce(c.relacl, pg_catalog.acldefault(
               CASE WHEN c.relkind = 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) AS x
        WHERE c.relkind <> 'c'
        ORDER BY 1),
      'comment', pg_catalog.obj_description(c.oid, 'pg_class'),
      'options', (SELECT pg_catalog.array_agg(o ORDER BY o)
                    FROM (SELECT pg_catalog.unnest(c.reloptions)
                          UNION ALL
                          SELECT 'toast.' || pg_catalog.unnest(k.reloptions)
                            FROM pg_catalog.pg_class k WHERE k.oid = c.reltoastrelid) AS u(o)),
      'type privileges', (SELECT pg_catalog.array_agg(x::text ORDER BY 1)
                            FROM pg_catalog.pg_type t, pg_catalog.unnest(t.typacl) AS x
                           WHERE t.oid = c.reltype),
      'type comment', pg_catalog.obj_description(c.reltype, 'pg_type'),
      'type security labels', y.labels,
      'privileges on system columns', (
        SELECT pg_catalog.jsonb_object_agg(a.attname, ARRAY(
                 SELECT x::text FROM pg_catalog.unnest(a.attacl) AS x ORDER BY 1))
          FROM pg_catalog.pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum < 0 AND a.attacl IS NOT NULL),
      'owned by', (SELECT pg_catalog.quote_ident(a.attname)
                     FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = r.owner_oid AND a.attnum = r.owner_number),
      'extension', (SELECT x.extname
                      FROM pg_catalog.pg_depend e
                      JOIN pg_catalog.pg_extension x ON x.oid = e.refobjid
                     WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                       AND e.objid = c.oid AND e.deptype = 'e'),
      'unlogged', nullif(c.relpersistence = 'u', false),
      'tablespace', s.spcname,
      'access method', m.amname,
      'row security', nullif(c.relrowsecurity, false),
      'forced row security', nullif(c.relforcerowsecurity, false),
      'replica identity', CASE WHEN c.relkind IN ('r', 'p', 'm') THEN c.relreplident END,
      'partition bound', pg_catalog.pg_get_expr(c.relpartbound, c.oid),
      'partition key', CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END,
      'type', CASE WHEN c.reloftype <> 0 THEN pg_catalog.format_type(c.reloftype, NULL) END,
      'parents', (SELECT pg_catalog.array_agg(i.inhparent::pg_catalog.regclass::text
                                              ORDER BY i.inhseqno)
                    FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid),
      'populated', CASE WHEN c.relkind = 'm' THEN c.relispopulated END,
      'definition', CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END,
      'sequence', (SELECT pg_catalog.concat_ws(' ', pg_catalog.format_type(q.seqtypid, NULL),
                            'start', q.seqstart, 'min', q.seqmin, 'max', q.seqmax,
                            'increment', q.seqincrement, CASE WHEN q.seqcycle THEN 'cycle' END)
                     FROM pg_catalog.pg_sequence q WHERE q.seqrelid = c.oid),
      'cache', (SELECT q.seqcache FROM pg_catalog.pg_sequence q WHERE q.seqrelid = c.oid)
    )                     AS properties
  FROM relation r
  JOIN pg_catalog.pg_class c ON c.oid = r.oid
  LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
  LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
  LEFT JOIN labelled y ON y.objoid = c.reltype AND y.objsubid = 0
        AND y.classoid = 'pg_catalog.pg_type'::pg_catalog.regclass
  UNION ALL
  -- "position" counts the columns that are there; a dropped column before it changes nothing.
  SELECT
    'pg_catalog.pg_attribute'::pg_catalog.regclass,
    r.oid,
    'COLUMN',
    pg_catalog.format('%s.%I', r.name, a.attname),
    r.oid,
    pg_catalog.jsonb_build_object(
      'name', pg_catalog.quote_ident(a.attname),
      'plain name', a.attname,
      'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
      'position', pg_catalog.row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum),
      'not null', nullif(a.attnotnull, false),
      'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
      'identity', nullif(a.attidentity, ''),
      'generated', nullif(a.attgenerated, ''),
      'collation', CASE WHEN a.attcollation <> t.typcollation
                        THEN a.attcollation::pg_catalog.regcollation::text END,
      'storage', CASE WHEN r.relkind IN ('r', 'p', 'm') AND a.attstorage <> t.typstorage
                      THEN a.attstorage END,
      'compression', nullif(pg_catalog.to_jsonb(a) ->> 'attcompression', ''),
      'statistics target', nullif(a.attstattarget, -1),
      'options', (SELECT pg_catalog.array_agg(o ORDER BY o)
                    FROM pg_catalog.unnest(a.attoptions) AS o),
      'privileges', (SELECT pg_catalog.array_agg(x::text ORDER BY 1)
                       FROM pg_catalog.unnest(a.attacl) AS x),
      'comment', pg_catalog.col_description(a.attrelid, a.attnum),
      'security labels', l.labels,
      'inherited from', nullif(a.attinhcount, 0),
      'not its own', nullif(NOT a.attislocal, false))
  FROM relation r
  JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN labelled l ON l.objoid = a.attrelid AND l.objsubid = a.attnum
        AND l.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
  WHERE r.relkind <> 'S'
  UNION ALL
  SELECT
    'pg_catalog.pg_constraint'::pg_catalog.regclass,
    k.oid,
    'CONSTRAINT',
    pg_catalog.format('%I ON %s', k.conname, r.name),
    r.oid,
    pg_catalog.jsonb_build_object(
      'name', pg_catalog.quote_ident(k.conname),
      'table', r.name,
      'type', k.contype,
      'definition', pg_catalog.pg_get_constraintdef(k.oid),
      'validated', k.convalidated,
      'inherited from', nullif(k.coninhcount, 0),
      'not its own', nullif(NOT k.conislocal, false),
      'comment', pg_catalog.obj_description(k.oid, 'pg_constraint'))
  FROM relation r
  JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid
  WHERE k.contype NOT IN ('f', 't')
  UNION ALL
  -- "statistics" are the targets of an expression's columns, as number=target.
  SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass,
    c.oid,
    'INDEX',
    pg_catalog.format('%I.%I', n.nspname, c.relname),
    r.oid,
    pg_catalog.jsonb_build_object(
      'name', pg_catalog.quote_ident(c.relname),
      'plain name', c.relname,
      'table', r.name,
      'definition', pg_catalog.pg_get_indexdef(c.oid),
      'comment', pg_catalog.obj_description(c.oid, 'pg_class'),
      'tablespace', s.spcname,
      'clustered', nullif(i.indisclustered, false),
      'replica identity', nullif(i.indisreplident, false),
      'constraint', k.conname,
      'invalid', nullif(NOT i.indisvalid, false),
      'partitioned', nullif(c.relkind = 'I', false),
      'statistics', (SELECT pg_catalog.array_agg(a.attnum || '=' || a.attstattarget
                                                 ORDER BY a.attnum)
                       FROM pg_catalog.pg_attribute a
                      WHERE a.attrelid = c.oid AND coalesce(a.attstattarget, -1) >= 0),
      'options', (SELECT pg_catalog.array_agg(o ORDER BY o)
                    FROM pg_catalog.unnest(c.reloptions) AS o),
      'parent', (SELECT h.inhparent::pg_catalog.regclass::text
                   FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid))
  FROM relation r
  JOIN pg_catalog.pg_index i ON i.indrelid = r.oid
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid AND k.conindid = c.oid
        AND k.contype IN ('p', 'u', 'x')
  LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
  UNION ALL
  SELECT
    'pg_catalog.pg_rewrite'::pg_catalog.regclass,
    w.oid,
    'RULE',
    pg_catalog.format('%I ON %s', w.rulename, r.name),
    r.oid,
    pg_catalog.jsonb_build_object(
      'name', pg_catalog.quote_ident(w.rulename),
      'table', r.name,
      'definition', pg_catalog.pg_get_ruledef(w.oid),
      'enabled', w.ev_enabled,
      'comment', pg_catalog.obj_description(w.oid, 'pg_rewrite'))
  FROM relation r
  JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
  UNION ALL
  -- "parent" is the trigger that a partition's is a copy of. On 13 and 14 a copy counts as internal.
  SELECT
    'pg_catalog.pg_trigger'::pg_catalog.regclass,
    t.oid,
    'TRIGGER',
    pg_catalog.format('%I ON %s', t.tgname, r.name),
    r.oid,
    pg_catalog.jsonb_build_object(
      'name', pg_catalog.quote_ident(t.tgname),
      'table', r.name,
      'definition', pg_catalog.pg_get_triggerdef(t.oid),
      'enabled', t.tgenabled,
      'parent', (SELECT pg_catalog.format('%I ON %s', p.tgname, p.tgrelid::pg_catalog.regclass)
                   FROM pg_catalog.pg_trigger p WHERE p.oid = t.tgparentid),
      'comment', pg_catalog.obj_description(t.oid, 'pg_trigger'))
  FROM relation r
  JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid AND (NOT t.tgisinternal OR t.tgparentid <> 0)
  LEFT JOIN pg_catalog.pg_constraint k ON k.oid = t.tgconstraint
  WHERE k.contype IS DISTINCT FROM 'f'
  UNION ALL
  SELECT
    'pg_catalog.pg_policy'::pg_catalog.regclass,
    p.oid,
    'POLICY',
    pg_catalog.format('%I ON %s', p.polname, r.name),
    r.oid,
    pg_catalog.jsonb_build_object(
      'name', pg_catalog.quote_ident(p.polname),
      'table', r.name,
      'permissive', p.polpermissive,
      'command', CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                               WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
      'roles', ARRAY(SELECT CASE WHEN u.oid = 0 THEN 'PUBLIC'
                                 ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(u.oid)) END
                       FROM pg_catalog.unnest(p.polroles) AS u(oid) ORDER BY 1),
      'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
      'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
      'comment', pg_catalog.obj_description(p.oid, 'pg_policy'))
  FROM relation r
  JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid
  UNION ALL
  SELECT
    'pg_catalog.pg_statistic_ext'::pg_catalog.regclass,
    s.oid,
    'STATISTICS',
    pg_catalog.format('%I.%I', n.nspname, s.stxname),
    r.oid,
    pg_catalog.jsonb_build_object(
      'table', r.name,
      'owner', pg_catalog.pg_get_userbyid(s.stxowner),
      'definition', pg_catalog.pg_get_statisticsobjdef(s.oid),
      'statistics target', nullif(s.stxstattarget, -1),
      'comment', pg_catalog.obj_description(s.oid, 'pg_statistic_ext'))
  FROM relation r
  JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = r.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
)
SELECT
  o.catalog::bigint       AS class_oid,
  o.oid::bigint           AS oid,
  o.kind                  AS kind,
  o.identity              AS identity,
  o.relation_oid::bigint  AS relation_oid,
  o.relation_oid::pg_catalog.regclass::text AS relation,
  -- A column has its labels already.
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'depends on extensions', e.extensions,
    'security labels', l.labels
  ) || o.properties)::text AS properties
FROM object o
LEFT JOIN extension_dependent e ON e.classid = o.catalog AND e.objid = o.oid
LEFT JOIN labelled l ON l.classoid = o.catalog AND l.objoid = o.oid AND l.objsubid = 0;
