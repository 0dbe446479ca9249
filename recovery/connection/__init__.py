"""How any PostgreSQL server is reached: by connections of ours, and by programs that we start."""
