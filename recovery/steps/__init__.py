"""The steps of a recovery, and the process that does them."""
