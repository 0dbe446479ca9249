"""Throw-away PostgreSQL servers of our own, and the programs that they are made of."""
