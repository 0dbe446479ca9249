CREATE TABLE users (id uuid PRIMARY KEY, name text, deleted_at timestamptz);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two'), ('00000000-0000-0000-0000-000000000003', 'three');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, '00000000-0000-0000-0000-000000000001', 'b'), (3, '00000000-0000-0000-0000-000000000002', 'c'), (4, NULL, 'd');

CREATE TABLE audits (id int PRIMARY KEY, who uuid, at date);
INSERT INTO audits VALUES (1, '00000000-0000-0000-0000-000000000001', '2020-01-01'), (2, '00000000-0000-0000-0000-000000000009', '2021-01-01');

ALTER TABLE audits ADD extra uuid, ADD kept uuid, ADD many uuid[];
CREATE VIEW v AS SELECT a.id, u.name, a.extra = u.id AS own FROM audits a JOIN users u ON u.id = a.who;
CREATE VIEW w AS SELECT kept, many FROM audits;
