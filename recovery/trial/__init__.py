"""What would happen, tried on a copy of the schema first."""
