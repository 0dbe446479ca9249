"""The work: one module a step of the recovery, and the session that joins them."""
