"""What everybody speaks in: names and types of columns, errors for people, the profile."""
