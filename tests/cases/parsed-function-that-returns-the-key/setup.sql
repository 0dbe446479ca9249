CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, '00000000-0000-0000-0000-000000000002', 'b'), (3, NULL, 'c');

CREATE FUNCTION one() RETURNS uuid BEGIN ATOMIC SELECT id FROM users ORDER BY id LIMIT 1; END;
CREATE FUNCTION other() RETURNS uuid RETURN (SELECT max(id::text) FROM users)::uuid;
CREATE FUNCTION first() RETURNS uuid RETURN (SELECT id FROM users WHERE name = 'one');
CREATE FUNCTION all_of(who uuid) RETURNS TABLE (name text, id uuid) BEGIN ATOMIC SELECT u.name, u.id FROM users u WHERE u.id = who UNION ALL SELECT 'x', n.user_id FROM notes n ORDER BY 1; END;
CREATE FUNCTION several() RETURNS SETOF uuid BEGIN ATOMIC WITH w AS (SELECT user_id FROM notes) SELECT user_id FROM w; END;
CREATE VIEW v AS SELECT one() AS one, other() AS other, first() AS first;
CREATE VIEW w AS SELECT a.name, a.id, s.s FROM all_of(one()) a, several() s;
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON notes USING (user_id = first());
