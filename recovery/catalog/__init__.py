"""What a database's catalog says, read once and kept as plain data."""
