"""The target: who it is, who may work on it, and what became of what was sent to it."""
