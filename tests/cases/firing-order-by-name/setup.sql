CREATE TABLE users (id uuid PRIMARY KEY);
CREATE TABLE files (id int PRIMARY KEY, owner uuid REFERENCES users ON DELETE CASCADE,
  keeper uuid CONSTRAINT guard REFERENCES users ON DELETE RESTRICT);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000003');
INSERT INTO files VALUES (1, '00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000003');
-- As if the oids had gained a digit between the two.
DO $$ DECLARE t record; BEGIN
  FOR t IN SELECT g.tgname, g.tgrelid::regclass AS tab, k.conname, row_number() OVER () AS n
           FROM pg_trigger g JOIN pg_constraint k ON k.oid = g.tgconstraint LOOP
    EXECUTE format('ALTER TRIGGER %I ON %s RENAME TO %I', t.tgname, t.tab,
      left(t.tgname, 23) || CASE WHEN t.conname = 'guard' THEN 100000 ELSE 99900 END + t.n);
  END LOOP;
END $$;
