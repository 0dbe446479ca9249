-- Sets what this version knows of some settings, for the session.
-- Parameters: names, values (arrays of the same length). One row for each that was set.
SELECT s.name, pg_catalog.set_config(s.name, w.value, false) AS value
FROM ROWS FROM (
  pg_catalog.unnest(:'names'::text[]), pg_catalog.unnest(:'values'::text[])
) AS w (name, value)
JOIN pg_catalog.pg_settings s ON s.name = w.name;
