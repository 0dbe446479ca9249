-- At least two of every kind of object, with what each can have: one is changed into the other.
CREATE EXTENSION tcn;
CREATE EXTENSION autoinc;
-- No statement gives an extension to another owner, and none has two versions everywhere.
UPDATE pg_extension SET extowner = 'writer'::regrole, extversion = '0' WHERE extname = 'autoinc';
CREATE SCHEMA other AUTHORIZATION writer;
CREATE SCHEMA empty;
COMMENT ON SCHEMA other IS 'a schema';
GRANT USAGE ON SCHEMA other TO reader;

CREATE TYPE colour AS ENUM ('red', 'green');
CREATE TYPE size AS ENUM ('small', 'middle', 'large');
CREATE TYPE span AS RANGE (subtype = float8);
CREATE TYPE days AS RANGE (subtype = date);
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN code AS varchar(8) DEFAULT 'x' NOT NULL CHECK (value <> '');
CREATE DOMAIN number AS numeric CHECK (value > 0);
CREATE DOMAIN other.number AS numeric;
ALTER DOMAIN number OWNER TO writer;

CREATE FUNCTION plain(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION rows(OUT a int, OUT b text) RETURNS SETOF record LANGUAGE sql
  IMMUTABLE STRICT LEAKPROOF SECURITY DEFINER PARALLEL SAFE COST 7 ROWS 9 SET search_path = ''
  AS 'SELECT 1, ''x''';
CREATE PROCEDURE does(a bigint) LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION less(code, code) RETURNS bool LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION unlike(int, int) RETURNS bool LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION to_colour(int) RETURNS colour LANGUAGE sql AS 'SELECT ''red''::colour';
CREATE FUNCTION other.plain(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION of_a_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE FUNCTION of_another() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
ALTER FUNCTION plain(int, text) DEPENDS ON EXTENSION tcn;
GRANT EXECUTE ON FUNCTION plain(int, text) TO reader;
ALTER FUNCTION rows() OWNER TO writer;
CREATE OPERATOR ### (leftarg = code, rightarg = code, function = less, commutator = ###);
CREATE OPERATOR #!# (leftarg = code, rightarg = code, function = less, negator = ###);
CREATE OPERATOR other.### (leftarg = int, rightarg = int, function = unlike);
ALTER OPERATOR other.### (int, int) OWNER TO writer;
CREATE CAST (int AS colour) WITH FUNCTION to_colour(int) AS ASSIGNMENT;
CREATE CAST (colour AS pair) WITH INOUT;

CREATE TABLE parents (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  serial bigserial,
  name text NOT NULL DEFAULT 'x',
  short varchar(8) COLLATE "C",
  doubled int GENERATED ALWAYS AS (1 + 1) STORED,
  CONSTRAINT named CHECK (name <> ''),
  CONSTRAINT own CHECK (short <> '') NO INHERIT NOT VALID,
  CONSTRAINT once UNIQUE (serial, name) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT apart EXCLUDE USING btree (serial WITH =, name WITH =)
) WITH (fillfactor = 70, toast.autovacuum_enabled = false);
ALTER TABLE parents ALTER name SET STORAGE EXTERNAL, ALTER name SET STATISTICS 7,
  ALTER name SET (n_distinct = 5), REPLICA IDENTITY FULL, ENABLE ROW LEVEL SECURITY,
  FORCE ROW LEVEL SECURITY;
ALTER TABLE parents CLUSTER ON parents_pkey;
COMMENT ON TABLE parents IS 'a table';
COMMENT ON COLUMN parents.name IS 'a column';
GRANT SELECT ON parents TO reader;
GRANT SELECT (name) ON parents TO reader;
CREATE TABLE children (more int, CONSTRAINT refers FOREIGN KEY (id) REFERENCES parents (id))
  INHERITS (parents);
CREATE TABLE others (id int PRIMARY KEY, again int REFERENCES parents (id) MATCH FULL
  ON DELETE CASCADE ON UPDATE SET NULL);
CREATE TABLE two (a int, b int, PRIMARY KEY (a, b), UNIQUE (b, a));
CREATE TABLE by_others () INHERITS (others, two);
CREATE TABLE of_two (a int, b int, CONSTRAINT both_of FOREIGN KEY (a, b) REFERENCES two (a, b));
CREATE TABLE pairs OF pair;
CREATE TABLE overlapping (a circle, EXCLUDE USING gist (a WITH &&));
CREATE TABLE same (a circle, EXCLUDE USING gist (a WITH ~=));
CREATE UNLOGGED TABLE unlogged (a int);
CREATE ACCESS METHOD other_heap TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE stored (a int, b int, c int, d int, e int, f int DEFAULT 7) USING other_heap;
ALTER TABLE stored OWNER TO writer;
CREATE SEQUENCE counted AS int START 3 INCREMENT 2 MINVALUE 1 MAXVALUE 9 CACHE 4 CYCLE;

CREATE TABLE parts (at int, name text) PARTITION BY RANGE (at, lower(name) COLLATE "C");
CREATE TABLE part PARTITION OF parts FOR VALUES FROM (1, 'a') TO (2, 'b');
CREATE TABLE lists (at bigint, name text COLLATE "C") PARTITION BY LIST (name text_pattern_ops);
CREATE TABLE list PARTITION OF lists DEFAULT;
CREATE TABLE hashed (at bigint, name text) PARTITION BY HASH (upper(name));

CREATE UNIQUE INDEX included ON others (id) INCLUDE (again);
CREATE INDEX computed ON parents (lower(short) text_pattern_ops DESC, name COLLATE "C") WHERE id > 0;
ALTER INDEX computed ALTER COLUMN 1 SET STATISTICS 7;
CREATE INDEX summed ON parents ((id + 1)) WHERE name <> '';
CREATE STATISTICS both_columns (ndistinct) ON id, name FROM parents;
CREATE STATISTICS other.three ON id, again FROM others;
ALTER STATISTICS both_columns SET STATISTICS 7;
ALTER STATISTICS other.three OWNER TO writer;

CREATE VIEW shown WITH (security_barrier) AS SELECT id, name FROM parents;
REVOKE ALL ON TYPE shown FROM PUBLIC;
CREATE MATERIALIZED VIEW kept AS SELECT id, name FROM parents;
CREATE RULE ignored AS ON INSERT TO others DO INSTEAD NOTHING;
CREATE RULE also AS ON UPDATE TO others WHERE old.id > 0 DO ALSO DELETE FROM of_two;
CREATE TRIGGER changed BEFORE UPDATE OF name ON parents FOR EACH ROW WHEN (old.id > 0)
  EXECUTE FUNCTION of_a_trigger('a', 'b');
CREATE TRIGGER noticed AFTER INSERT ON others REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION of_another('c', 'd');
CREATE TRIGGER gone AFTER DELETE ON others REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION of_another('e', 'f');
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON others FROM parents DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION of_a_trigger('g', 'h');
ALTER TABLE others DISABLE TRIGGER noticed, DISABLE RULE also;
CREATE TRIGGER first BEFORE INSERT ON parts FOR EACH ROW EXECUTE FUNCTION of_a_trigger('i', 'j');
CREATE TRIGGER second BEFORE INSERT ON parts FOR EACH ROW EXECUTE FUNCTION of_another('k', 'l');
CREATE POLICY seen ON parents FOR SELECT TO reader USING (id > 0);
CREATE POLICY made ON others AS RESTRICTIVE FOR ALL TO writer USING (id > 1) WITH CHECK (id > 2);

CREATE PUBLICATION all_of_it FOR ALL TABLES WITH (publish = 'insert');
CREATE PUBLICATION whole FOR TABLE two, of_two;
CREATE PUBLICATION one FOR TABLE others;
ALTER PUBLICATION whole OWNER TO writer;
INSERT INTO pg_seclabel (objoid, classoid, objsubid, provider, label) VALUES
  ('two'::regclass, 'pg_class'::regclass, 0, 'dummy', 'a table'),
  ('two'::regclass, 'pg_class'::regclass, 1, 'dummy', 'a column'),
  ('others'::regclass, 'pg_class'::regclass, 0, 'other', 'another table'),
  ('less'::regproc, 'pg_proc'::regclass, 0, 'dummy', 'a function');
