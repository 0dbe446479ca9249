"""How this program reaches any PostgreSQL server, itself and by its children."""
