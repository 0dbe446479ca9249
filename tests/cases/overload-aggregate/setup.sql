CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, '00000000-0000-0000-0000-000000000002', 'b'), (3, NULL, 'c');

CREATE FUNCTION append(text, uuid) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1 || $2 $$;
CREATE FUNCTION append(text, text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1 || 'text' $$;
CREATE AGGREGATE gathered(uuid) (SFUNC = append, STYPE = text, INITCOND = '');
CREATE AGGREGATE gathered(text) (SFUNC = append, STYPE = text, INITCOND = '');
CREATE FUNCTION many(VARIADIC uuid[]) RETURNS text LANGUAGE sql AS $$ SELECT array_to_string($1, ',') $$;
CREATE FUNCTION many(VARIADIC text[]) RETURNS text LANGUAGE sql AS $$ SELECT 'text' $$;
CREATE VIEW v AS SELECT gathered(DISTINCT user_id) FILTER (WHERE id > 0) AS a FROM notes;
CREATE VIEW w AS SELECT gathered(user_id) OVER (ORDER BY id) AS a, many(user_id, user_id) AS b FROM notes;
