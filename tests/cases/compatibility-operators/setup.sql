CREATE TABLE users (id uuid PRIMARY KEY, name text, deleted_at timestamptz);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two'), ('00000000-0000-0000-0000-000000000003', 'three');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, '00000000-0000-0000-0000-000000000001', 'b'), (3, '00000000-0000-0000-0000-000000000002', 'c'), (4, NULL, 'd');


CREATE FUNCTION name_of(who uuid) RETURNS text LANGUAGE sql STABLE
  AS 'SELECT name FROM public.users WHERE id = who';
CREATE TABLE log (who uuid, name text);
CREATE FUNCTION logged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.log SELECT NEW.user_id, u.name FROM public.users u WHERE u.id = NEW.user_id;
  RETURN NEW;
END $$;
CREATE TRIGGER logged AFTER INSERT OR UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION logged();
