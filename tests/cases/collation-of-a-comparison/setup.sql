CREATE TABLE users (id uuid PRIMARY KEY, name text, code text COLLATE "POSIX");
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text, code text COLLATE "POSIX");
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one', '00000000-0000-0000-0000-000000000001'), ('00000000-0000-0000-0000-000000000002', 'two', 'x');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a', '00000000-0000-0000-0000-000000000001'), (2, '00000000-0000-0000-0000-000000000002', 'b', 'x'), (3, NULL, 'c', NULL);

CREATE VIEW v AS SELECT id FROM users WHERE id::text = code;
CREATE VIEW w AS SELECT u.id, n.code FROM users u LEFT JOIN notes n ON lower(u.id::text || n.code) = n.code ORDER BY u.id::text || n.code;
ALTER TABLE notes ADD CONSTRAINT coded CHECK (user_id::text <> code || 'x');
CREATE INDEX by_code ON notes (id) WHERE user_id::text < code;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'guarded'; END $$;
CREATE TRIGGER guard BEFORE UPDATE ON notes FOR EACH ROW WHEN (old.user_id::text = old.code) EXECUTE FUNCTION refuse();
CREATE POLICY mine ON notes USING (user_id::text IN (code, 'x'));
CREATE VIEW x AS SELECT id, least(id::text, code) = id::text AS least FROM users WHERE id::text IN (SELECT code FROM notes);
