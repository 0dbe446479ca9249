-- Which roles does the server have? Parameters: none. One row for each that not every server has.
SELECT rolname::text AS name FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' ORDER BY rolname;
