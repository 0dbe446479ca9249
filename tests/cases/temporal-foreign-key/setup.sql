CREATE EXTENSION btree_gist;
CREATE TABLE rooms (id int, open daterange, PRIMARY KEY (id, open WITHOUT OVERLAPS));
CREATE TABLE visits (room int, at daterange, FOREIGN KEY (room, PERIOD at) REFERENCES rooms (id, PERIOD open));
INSERT INTO rooms VALUES (1, '[2020-01-01,2021-01-01)'), (1, '[2021-01-01,2022-01-01)');
INSERT INTO visits VALUES (1, '[2020-06-01,2021-06-01)'), (1, '[2020-01-01,2021-01-01)'), (NULL, '[1900-01-01,1901-01-01)');
