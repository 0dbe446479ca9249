-- Makes the version table as Alembic does. Composed: {table}, {constraint}.
CREATE TABLE {table} (
  version_num varchar(32) NOT NULL,
  CONSTRAINT {constraint} PRIMARY KEY (version_num)
);
