"""What is seen: one module a screen. No SQL, no database driver."""
