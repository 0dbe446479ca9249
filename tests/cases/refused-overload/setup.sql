CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, '00000000-0000-0000-0000-000000000002', 'b'), (3, NULL, 'c');

CREATE TYPE mark AS (said text);
CREATE FUNCTION marked(uuid) RETURNS mark IMMUTABLE LANGUAGE sql AS $$ SELECT ROW('uuid')::mark $$;
CREATE FUNCTION marked(varchar) RETURNS mark IMMUTABLE LANGUAGE sql AS $$ SELECT ROW('text')::mark $$;
CREATE CAST (uuid AS mark) WITH FUNCTION marked(uuid);
CREATE CAST (varchar AS mark) WITH FUNCTION marked(varchar);
CREATE VIEW v AS SELECT id::mark AS m FROM users;
