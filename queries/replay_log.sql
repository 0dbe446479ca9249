-- Notes every object that a statement makes, changes or drops, in pg_rekey.touched, for a replay.
-- Parameters: none. For a superuser on a scratch database.
-- A schema whose name begins with pg_ is left out of every other question.
DO $setup$
BEGIN
  SET LOCAL allow_system_table_mods = on;
  CREATE SCHEMA pg_rekey;
  CREATE TABLE pg_rekey.touched (classid oid, objid oid, identity text, tag text);
  CREATE FUNCTION pg_rekey.note_command() RETURNS event_trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $body$
  BEGIN
    INSERT INTO pg_rekey.touched
    SELECT c.classid, c.objid, c.object_identity, c.command_tag
    FROM pg_catalog.pg_event_trigger_ddl_commands() c
    WHERE c.schema_name IS DISTINCT FROM 'pg_temp';
  END $body$;
  -- What hung on a table names it; of the table itself nothing is left but its oid.
  CREATE FUNCTION pg_rekey.note_drop() RETURNS event_trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $body$
  BEGIN
    INSERT INTO pg_rekey.touched
    SELECT CASE WHEN t.oid IS NULL THEN d.classid ELSE 'pg_catalog.pg_class'::pg_catalog.regclass END,
           coalesce(t.oid, d.objid), d.object_identity, 'DROP'
    FROM pg_catalog.pg_event_trigger_dropped_objects() d
    LEFT JOIN LATERAL (
      SELECT pg_catalog.to_regclass(pg_catalog.format('%I.%I', d.address_names[1],
                                                      d.address_names[2]))::oid AS oid
      WHERE pg_catalog.cardinality(d.address_names) = 3
    ) t ON true
    WHERE NOT d.is_temporary;
  END $body$;
  CREATE EVENT TRIGGER pg_rekey_commands ON ddl_command_end
  EXECUTE FUNCTION pg_rekey.note_command();
  CREATE EVENT TRIGGER pg_rekey_drops ON sql_drop
  EXECUTE FUNCTION pg_rekey.note_drop();
END $setup$;
