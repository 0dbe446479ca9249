-- Which cluster is this? Two servers never share this number; a physical copy keeps it.
-- Parameters: none. One row. Some providers withhold the function (42501).
SELECT system_identifier::text AS system_identifier FROM pg_catalog.pg_control_system();
