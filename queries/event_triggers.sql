-- Which event triggers could refuse or record the conversion's statements?
-- Parameters: none. One row for each that is enabled.
SELECT e.evtname::text AS name, e.evtevent::text AS event
FROM pg_catalog.pg_event_trigger e
WHERE e.evtenabled <> 'D'
ORDER BY e.evtname;
