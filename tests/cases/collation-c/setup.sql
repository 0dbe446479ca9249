CREATE TABLE users (id uuid PRIMARY KEY, name text, deleted_at timestamptz);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two'), ('00000000-0000-0000-0000-000000000003', 'three');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, '00000000-0000-0000-0000-000000000001', 'b'), (3, '00000000-0000-0000-0000-000000000002', 'c'), (4, NULL, 'd');


CREATE INDEX users_by_name_and_id ON users (name, id);
CREATE VIEW v AS SELECT u.id, n.user_id, n.body FROM users u JOIN notes n ON n.user_id = u.id WHERE n.user_id IS NOT NULL;
CREATE MATERIALIZED VIEW m AS SELECT max(id::text) AS latest, id FROM users GROUP BY id;
CREATE TABLE audits (who varchar(36));
CREATE VIEW w AS SELECT who FROM audits;
