CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, '00000000-0000-0000-0000-000000000002', 'b'), (3, NULL, 'c');

CREATE FUNCTION tag(n integer, what uuid DEFAULT NULL) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT 'uuid ' || what $$;
CREATE FUNCTION tag(n integer, what text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT 'text' $$;
CREATE VIEW v AS SELECT tag(1, what => id) AS "public.tag(id)", tag(n => 2, what => id) AS tag, 'public.tag(id)' AS said FROM users;
