CREATE SEQUENCE s AS integer;
CREATE TABLE a (id int PRIMARY KEY DEFAULT nextval('s'));
CREATE TABLE b (id int PRIMARY KEY DEFAULT nextval('s'), own serial);
CREATE TABLE stays (id int PRIMARY KEY DEFAULT nextval('s'), of_b int DEFAULT nextval('b_own_seq'));
CREATE TABLE uses (id int PRIMARY KEY DEFAULT nextval('b_own_seq'));
INSERT INTO a DEFAULT VALUES;
INSERT INTO b DEFAULT VALUES;
INSERT INTO stays DEFAULT VALUES;
INSERT INTO uses DEFAULT VALUES;
