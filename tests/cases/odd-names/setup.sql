CREATE TABLE users (id uuid PRIMARY KEY, name text, deleted_at timestamptz);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one'), ('00000000-0000-0000-0000-000000000002', 'two'), ('00000000-0000-0000-0000-000000000003', 'three');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a'), (2, '00000000-0000-0000-0000-000000000001', 'b'), (3, '00000000-0000-0000-0000-000000000002', 'c'), (4, NULL, 'd');

CREATE TABLE "Order" ("select" uuid PRIMARY KEY, "naïve ""name"" " text);
CREATE TABLE "a.b" ("c.d" uuid CONSTRAINT "fk ""odd"" x" REFERENCES "Order");
CREATE VIEW "View of ""Order"" x" AS SELECT "select", "naïve ""name"" " FROM "Order";
COMMENT ON VIEW "View of ""Order"" x" IS 'it is odd \ so';
INSERT INTO "Order" VALUES ('00000000-0000-0000-0000-000000000001', 'x');
INSERT INTO "a.b" VALUES ('00000000-0000-0000-0000-000000000001');
