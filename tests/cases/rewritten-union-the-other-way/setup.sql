CREATE TABLE users (id uuid PRIMARY KEY, name text, deleted_at timestamptz);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two'), ('00000000-0000-0000-0000-000000000003', 'three');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, '00000000-0000-0000-0000-000000000001', 'b'), (3, '00000000-0000-0000-0000-000000000002', 'c'), (4, NULL, 'd');

CREATE TABLE audits (id int PRIMARY KEY, who uuid, at date);
INSERT INTO audits VALUES (1, '00000000-0000-0000-0000-000000000001', '2020-01-01'), (2, '00000000-0000-0000-0000-000000000009', '2021-01-01');


CREATE VIEW v AS
  SELECT audits.id, coalesce(to_char(audits.at, 'YYYY, MM'), 'from, no date') AS at, audits.who FROM audits
  UNION ALL
  SELECT 0, name, id FROM users;
CREATE VIEW w AS
  SELECT who FROM (SELECT a.who, row_number() OVER () AS n FROM audits a UNION SELECT n.user_id, n.id FROM notes n) both_of
  WHERE who IS NOT NULL;
