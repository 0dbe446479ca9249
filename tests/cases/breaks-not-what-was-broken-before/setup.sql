CREATE TABLE users (id uuid PRIMARY KEY, name text, deleted_at timestamptz);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two'), ('00000000-0000-0000-0000-000000000003', 'three');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, '00000000-0000-0000-0000-000000000001', 'b'), (3, '00000000-0000-0000-0000-000000000002', 'c'), (4, NULL, 'd');

SET check_function_bodies = off;
CREATE FUNCTION old() RETURNS text LANGUAGE sql AS 'SELECT name FROM gone WHERE id = 1';
RESET check_function_bodies;
