CREATE TABLE users (id uuid PRIMARY KEY, name text UNIQUE);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one');
CREATE VIEW v AS SELECT id FROM users;
CREATE FUNCTION stays() RETURNS text LANGUAGE sql AS 'SELECT 1::text';
CREATE TABLE watched (name regclass, many regclass[], calls regproc, exactly regprocedure, returns regtype);
INSERT INTO watched VALUES ('users', ARRAY['users_name_key', 'watched']::regclass[], 'stays', 'stays()', 'users'), (0, '{}', NULL, NULL, 'uuid');
