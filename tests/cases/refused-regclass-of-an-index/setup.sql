CREATE TABLE users (id uuid PRIMARY KEY, name text UNIQUE);
CREATE INDEX lower ON users (lower(id::text));
CREATE TABLE maintained (index regclass);
INSERT INTO maintained VALUES ('users_pkey'), ('users_name_key'), ('lower');
