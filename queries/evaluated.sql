-- What do functions look up names by that PostgreSQL calls by itself? It does when it counts or
-- rewrites a table, or fills a view. Parameters: none. One row.
-- "search_path" is what a session of this role in this database begins with; "asked" says whether such
-- a function is there at all that has no search_path of its own: in an index, a constraint, a generated
-- column, extended statistics or a view, also as an operator's. Functions of PostgreSQL need none.
SELECT
  s.reset_val AS search_path,
  EXISTS (
    SELECT
    FROM pg_catalog.pg_depend d
    LEFT JOIN pg_catalog.pg_operator o
           ON d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND o.oid = d.refobjid
    JOIN pg_catalog.pg_proc p
      ON p.oid = CASE WHEN d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                      THEN d.refobjid ELSE o.oprcode END
    LEFT JOIN pg_catalog.pg_attrdef e
           ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND e.oid = d.objid
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = e.adrelid AND a.attnum = e.adnum
    WHERE p.oid >= 16384
      AND d.classid IN ('pg_catalog.pg_class'::pg_catalog.regclass,
                        'pg_catalog.pg_constraint'::pg_catalog.regclass,
                        'pg_catalog.pg_attrdef'::pg_catalog.regclass,
                        'pg_catalog.pg_statistic_ext'::pg_catalog.regclass,
                        'pg_catalog.pg_rewrite'::pg_catalog.regclass)
      AND coalesce(a.attgenerated, 's') <> ''
      AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS own
                       WHERE own LIKE 'search\_path=%')
  ) AS asked
FROM pg_catalog.pg_settings s
WHERE s.name = 'search_path';
