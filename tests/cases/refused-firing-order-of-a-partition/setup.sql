CREATE TABLE kinds (id uuid, part int, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
CREATE TABLE kinds_1 (id uuid, part int NOT NULL, PRIMARY KEY (id, part));
CREATE TABLE uses (kind uuid, part int);
ALTER TABLE uses ADD CONSTRAINT of_all FOREIGN KEY (kind, part) REFERENCES kinds ON DELETE RESTRICT;
ALTER TABLE uses ADD CONSTRAINT of_one FOREIGN KEY (kind, part) REFERENCES kinds_1 ON DELETE CASCADE;
ALTER TABLE kinds ATTACH PARTITION kinds_1 FOR VALUES IN (1);
