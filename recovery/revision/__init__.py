"""Which revision of the migration scripts a database is at, and how to go on from there."""
