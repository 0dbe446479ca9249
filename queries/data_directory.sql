-- In which folder of its machine does the server keep its data?
-- Parameters: none. One row; null for a role that may not know.
SELECT (
  SELECT s.setting FROM pg_catalog.pg_settings s WHERE s.name = 'data_directory'
) AS folder;
