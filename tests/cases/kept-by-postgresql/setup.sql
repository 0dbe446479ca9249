CREATE TABLE users (id uuid PRIMARY KEY, name text, deleted_at timestamptz);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two'), ('00000000-0000-0000-0000-000000000003', 'three');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, '00000000-0000-0000-0000-000000000001', 'b'), (3, '00000000-0000-0000-0000-000000000002', 'c'), (4, NULL, 'd');

CREATE INDEX plain ON notes (user_id) WITH (fillfactor=60);
CREATE INDEX hashed ON notes USING hash (user_id);
CREATE INDEX including ON notes (id) INCLUDE (user_id);
CREATE INDEX brinned ON notes USING brin (user_id);
ALTER TABLE notes ADD CONSTRAINT twice UNIQUE (user_id, id);
ALTER TABLE notes CLUSTER ON twice;
ALTER TABLE notes ALTER user_id SET STATISTICS 500, ALTER user_id SET (n_distinct=-0.5);
ALTER TABLE notes SET (fillfactor=80, autovacuum_enabled=false);
COMMENT ON COLUMN notes.user_id IS 'who wrote it';
COMMENT ON INDEX plain IS 'for the list';
COMMENT ON CONSTRAINT notes_pkey ON notes IS 'the key';
GRANT SELECT (user_id), UPDATE (user_id) ON notes TO reader;
GRANT ALL ON notes TO writer;
ALTER TABLE notes ADD UNIQUE (id, user_id);
