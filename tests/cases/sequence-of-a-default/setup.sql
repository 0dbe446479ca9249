CREATE SEQUENCE s AS integer;
CREATE SEQUENCE tiny AS smallint;
CREATE SEQUENCE wide;
CREATE SEQUENCE elsewhere AS integer OWNED BY NONE;
CREATE TABLE t (id int PRIMARY KEY DEFAULT nextval('s'), k smallint UNIQUE DEFAULT nextval('tiny') * 2, w int UNIQUE DEFAULT nextval('wide'), n int DEFAULT nextval('elsewhere'));
INSERT INTO t DEFAULT VALUES;
INSERT INTO t DEFAULT VALUES;
CREATE TABLE notes (t int REFERENCES t, k smallint REFERENCES t (k));
INSERT INTO notes VALUES (1, 2);
