CREATE TABLE kinds (id uuid, part int, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
CREATE TABLE kinds_1 PARTITION OF kinds FOR VALUES IN (1);
CREATE TABLE kinds_2 PARTITION OF kinds FOR VALUES IN (2);
CREATE TABLE uses (id int PRIMARY KEY, kind uuid, part int, CONSTRAINT k FOREIGN KEY (kind, part) REFERENCES kinds ON DELETE CASCADE);
INSERT INTO kinds VALUES ('00000000-0000-0000-0000-000000000001', 1), ('00000000-0000-0000-0000-000000000002', 2);
INSERT INTO uses VALUES (1, '00000000-0000-0000-0000-000000000001', 1), (2, '00000000-0000-0000-0000-000000000002', 2);
DO $$ DECLARE a text; b text; t text; BEGIN
  SELECT min(conname), max(conname) INTO a, b FROM pg_constraint WHERE contype = 'f' AND conparentid <> 0;
  EXECUTE format('ALTER TABLE uses RENAME CONSTRAINT %I TO aside', a);
  EXECUTE format('ALTER TABLE uses RENAME CONSTRAINT %I TO %I', b, a);
  EXECUTE format('ALTER TABLE uses RENAME CONSTRAINT aside TO %I', b);
  EXECUTE format('COMMENT ON CONSTRAINT %I ON uses IS %L', a, 'of one partition');
  FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'kinds_2'::regclass LOOP
    EXECUTE format('ALTER TABLE kinds_2 DISABLE TRIGGER %I', t);
  END LOOP;
END $$;
