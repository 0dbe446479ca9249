DO $$
DECLARE role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['case_app', 'case_holder'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I', role);
    END IF;
  END LOOP;
END $$;
GRANT case_holder TO case_app WITH INHERIT TRUE, SET FALSE;
GRANT ALL ON SCHEMA public TO case_app, case_holder;
CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, NULL, 'b');
ALTER TABLE users OWNER TO case_holder;
ALTER TABLE notes OWNER TO case_holder;
CREATE VIEW v AS SELECT id, name FROM users;
ALTER VIEW v OWNER TO case_holder;
