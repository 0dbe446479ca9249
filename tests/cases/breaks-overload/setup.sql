CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, '00000000-0000-0000-0000-000000000002', 'b'), (3, NULL, 'c');

CREATE FUNCTION tag(uuid) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT 'uuid ' || $1 $$;
CREATE FUNCTION tag(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT 'text' $$;
CREATE FUNCTION of_sql(n bigint) RETURNS text LANGUAGE sql AS 'SELECT public.tag(user_id) FROM public.notes WHERE id = n';
CREATE FUNCTION harmless(n bigint) RETURNS text LANGUAGE sql AS 'SELECT public.tag(body) FROM public.notes WHERE id = n';
CREATE FUNCTION of_plpgsql(n bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT public.tag(user_id) FROM public.notes WHERE id = n);
END $$;
