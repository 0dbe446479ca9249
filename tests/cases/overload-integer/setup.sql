CREATE TABLE items (id integer PRIMARY KEY, n integer);
INSERT INTO items VALUES (1, 1), (2, 2);
CREATE FUNCTION size(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT 4';
CREATE FUNCTION size(bigint) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT 8';
CREATE FUNCTION size(integer, integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT 44';
CREATE FUNCTION size(bigint, integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT 84';
CREATE VIEW v AS SELECT size(id) + size(n) AS a, size(id, n) AS b, CASE WHEN size(CASE WHEN n > 1 THEN id END) = 4 THEN 1 END AS c FROM items;
ALTER TABLE items ADD CHECK (size(id) = 4);
