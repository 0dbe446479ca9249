CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two'), ('00000000-0000-0000-0000-000000000003', 'three');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, '00000000-0000-0000-0000-000000000001', 'b'), (3, '00000000-0000-0000-0000-000000000002', 'c'), (4, NULL, 'd');

CREATE FUNCTION slug(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN lower(given); END';
CREATE FUNCTION title(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN slug(given); END';
CREATE INDEX x ON notes (title(body));
CREATE INDEX y ON notes (title(user_id::text), body);
COMMENT ON INDEX y IS 'by the user';
CREATE INDEX z ON users (title(name));
ALTER TABLE notes ADD CHECK (title(body) <> '');
ALTER TABLE notes ADD CONSTRAINT named CHECK (title(user_id::text) <> 'nobody');
COMMENT ON CONSTRAINT named ON notes IS 'not nobody';
