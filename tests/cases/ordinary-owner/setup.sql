DO $$
DECLARE role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['case_app'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I', role);
    END IF;
  END LOOP;
END $$;
GRANT ALL ON SCHEMA public TO case_app;
SET ROLE case_app;
CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, NULL, 'b');
CREATE VIEW v AS SELECT id, name FROM users;
GRANT SELECT ON v TO reader;
CREATE MATERIALIZED VIEW m AS SELECT user_id, count(*) AS notes FROM notes GROUP BY user_id;
CREATE FUNCTION known(who uuid) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM public.users WHERE id = who)';
RESET ROLE;
