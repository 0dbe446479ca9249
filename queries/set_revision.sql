-- Sets the revision if the version table holds exactly the one that was seen; else changes nothing.
-- Composed: {table}. Parameters: before, after. The number of changed rows is the answer.
UPDATE {table}
SET version_num = :'after'
WHERE version_num = :'before'
  AND (SELECT count(*) FROM {table}) = 1;
