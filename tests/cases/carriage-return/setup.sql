CREATE TABLE users (id uuid PRIMARY KEY, name text CHECK (name <> E'\r\n' AND name <> E'a\rb\nc'));
CREATE TABLE notes (id bigint PRIMARY KEY, U&"user\000did" uuid REFERENCES users);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001'), (2, NULL);

CREATE VIEW v AS SELECT id, name || E'\r\n' || E'x\\\r' AS U&"na\000d\000ame" FROM users WHERE name <> E'\r';
COMMENT ON VIEW v IS E'one\r\ntwo\rthree\\';
CREATE INDEX notes_user ON notes (U&"user\000did") WHERE U&"user\000did"::text <> E'\r\n';
COMMENT ON INDEX notes_user IS E'a\rb';
