CREATE TABLE orders (id serial PRIMARY KEY, name text);
CREATE TABLE lines (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id int REFERENCES orders ON DELETE CASCADE, n smallint UNIQUE);
CREATE TABLE parts (line int REFERENCES lines, k smallint REFERENCES lines (n));
INSERT INTO orders (name) VALUES ('a'), ('b');
INSERT INTO lines (order_id, n) VALUES (1, 1), (1, 2), (2, 3);
INSERT INTO parts VALUES (1, 1), (2, 3);
CREATE INDEX x ON parts ((line + 1));
