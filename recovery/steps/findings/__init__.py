"""What is wrong with a database, told as findings: a module for each theme, the kinds as data."""
