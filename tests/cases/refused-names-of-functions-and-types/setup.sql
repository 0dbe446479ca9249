CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE VIEW v AS SELECT id FROM users;
CREATE FUNCTION names(v) RETURNS text LANGUAGE sql AS 'SELECT $1.id::text';
CREATE FUNCTION stays() RETURNS text LANGUAGE sql AS 'SELECT 1::text';
CREATE TABLE jobs (calls regproc, exactly regprocedure, returns regtype, many regtype[]);
INSERT INTO jobs VALUES ('names', 'names(v)', 'v', ARRAY['v[]', 'int']::regtype[]), ('stays', 'stays()', 'users', '{}');
CREATE TABLE harmless (calls regproc, exactly regprocedure, returns regtype, of_type regclass);
INSERT INTO harmless VALUES ('stays', 'stays()', 'users', 'users');
