-- Sets the revisions if the version table holds exactly those that were seen; else changes nothing.
-- Composed: {table}. Parameters: before, after (arrays, sorted). One row: whether it was so.
-- The table has to be locked (lock_versions.sql): what is compared is what is replaced.
WITH seen AS (
  SELECT coalesce(pg_catalog.array_agg(version_num::text ORDER BY version_num), '{{}}')
         = :'before'::text[] AS same
  FROM {table}
), gone AS (
  DELETE FROM {table}
  WHERE (SELECT same FROM seen) AND version_num::text <> ALL (:'after'::text[])
), added AS (
  INSERT INTO {table} (version_num)
  SELECT new.id
  FROM pg_catalog.unnest(:'after'::text[]) AS new(id)
  WHERE (SELECT same FROM seen)
    AND NOT EXISTS (SELECT FROM {table} v WHERE v.version_num::text = new.id)
)
SELECT same FROM seen;
