-- Which schemas does the session's search_path lead to, as a search_path that names just these?
-- Parameters: none. One row. Schemas that are not there are left out, and "$user" has its name.
SELECT coalesce(
  pg_catalog.string_agg(pg_catalog.quote_ident(schema), ', ' ORDER BY place), '') AS search_path
FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS led (schema, place);
