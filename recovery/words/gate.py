"""How long the gate may wait, whoever asks for it: the locks are held as long."""

# From the moment that it is asked for, in seconds and in words.
LONGEST = 4 * 3600.0
LONGEST_IN_WORDS = "4 hours"
