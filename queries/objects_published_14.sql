-- Which tables are in which publication, with which columns and rows? Up to PostgreSQL 14: whole tables only.
-- Parameters: none. One row for each table of a publication.
SELECT
  'pg_catalog.pg_publication_rel'::pg_catalog.regclass::bigint AS class_oid,
  r.oid::bigint           AS oid,
  'PUBLISHED TABLE'       AS kind,
  pg_catalog.format('%s IN PUBLICATION %I', r.prrelid::pg_catalog.regclass, p.pubname) AS identity,
  r.prrelid::bigint       AS relation_oid,
  r.prrelid::pg_catalog.regclass::text AS relation,
  pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'table', r.prrelid::pg_catalog.regclass::text,
    'publication', pg_catalog.quote_ident(p.pubname)
  ))::text                AS properties
FROM pg_catalog.pg_publication_rel r
JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid;
