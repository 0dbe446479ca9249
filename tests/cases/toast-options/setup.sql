CREATE TABLE users (id uuid PRIMARY KEY, name text) WITH (toast.autovacuum_enabled=false);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one');
CREATE MATERIALIZED VIEW m WITH (fillfactor=70, toast.autovacuum_vacuum_threshold=7) AS SELECT id, name FROM users;
