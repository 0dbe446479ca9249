"""What is kept of a recovery: its events, what follows from them, and what is written of it."""
