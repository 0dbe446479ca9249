CREATE SEQUENCE s AS integer CYCLE;
CREATE SEQUENCE own AS integer CYCLE;
CREATE TABLE a (id int PRIMARY KEY DEFAULT nextval('s'), n int UNIQUE DEFAULT nextval('own'));
CREATE TABLE stays (id int DEFAULT nextval('s'));
INSERT INTO a DEFAULT VALUES;
SELECT setval('s', 2147483647);
