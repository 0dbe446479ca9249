"""What the server's error codes mean to a recovery, and what can be done: data, not code.

A code of five characters is looked up first, then its class, the first two.
https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from typing import NamedTuple


class Known(NamedTuple):
    """What an error means here, and what to do about it."""

    means: str
    remedy: str


KNOWN = {
    "08": Known(
        "The line to the server broke. Without a COMMIT the server rolls the transaction back.",
        "The connection was lost. Check the server and the line, then start the step again.",
    ),
    "0A000": Known(
        "Something hangs on the column that PostgreSQL does not let change with it, and the plan "
        "did not know it: it is newer than the plan, or of an unknown kind.",
        "Find the object named here. Plan again; if the plan is the same, drop the object first.",
    ),
    "22001": Known(
        "A value is longer than the new type allows. Nothing was cut off.",
        "Choose a longer type for the key in the profile, then plan again.",
    ),
    "22003": Known(
        "A number does not fit into the new type.",
        "Find the rows, or choose a wider type in the profile, then plan again.",
    ),
    "22P02": Known(
        "A value is no uuid, or no number, as the new type wants it.",
        "The investigation lists such values; repair them first.",
    ),
    "23502": Known(
        "A row has no value in a column that must have one.",
        "Give the rows a value, then start the step again.",
    ),
    "23503": Known(
        "Rows refer to keys that are not there: orphans, which a foreign key does not take back.",
        "The investigation lists them. Repair or delete them, then plan again.",
    ),
    "23505": Known(
        "Two rows have the same key. Texts that differ in upper case, braces or hyphens only are "
        "one and the same uuid; in a migration, its row or its key is there already.",
        "Find the two rows named here and decide which one stays; then start the step again.",
    ),
    "23514": Known(
        "Rows do not satisfy a CHECK constraint, or it says something else of the new type.",
        "Read the constraint's definition, repair the rows or the constraint, then plan again.",
    ),
    "25006": Known(
        "The connection only reads: the server is a standby, or was set to read only.",
        "Connect to the primary, and look at default_transaction_read_only of role and database.",
    ),
    "25P02": Known(
        "A statement before this one failed, and the server refuses all others until ROLLBACK.",
        "Look for the first error in sql.log and in the server's log: that one is to be mended.",
    ),
    "25P03": Known(
        "The server ended the session because the transaction waited longer than it allows.",
        "Raise idle_in_transaction_session_timeout of role or database, then start the step again.",
    ),
    "25P04": Known(
        "The server ended the session because the transaction took longer than it allows.",
        "Raise transaction_timeout of role or database, then start the step again.",
    ),
    "2BP01": Known(
        "Other objects depend on it, named in the detail, and nothing is dropped with CASCADE.",
        "Plan again: what was made since is then rebuilt, or refused by name. Else drop it first.",
    ),
    "40001": Known(
        "Another transaction changed the same rows at the same time.",
        "Start the step again when the application is quiet, best in maintenance.",
    ),
    "40P01": Known(
        "This session and another waited for each other's locks, and the server ended one wait.",
        "Stop what else works on these tables (the detail names it), then start the step again.",
    ),
    "42501": Known(
        "The role may not do this: it does not own the object, or lacks a privilege.",
        "Grant what the message names (for a schema: GRANT CREATE ON SCHEMA … TO the role), or "
        "connect as the owner, as a member of the owning role, or as a superuser.",
    ),
    "42703": Known(
        "A column that was there is gone, or a migration names one that never was.",
        "Investigate and plan again. In a migration: compare the script with the table.",
    ),
    "42704": Known(
        "A type, role, collation or other object is named that this database does not have.",
        "Make it, or correct who names it (profile or migration); then start the step again.",
    ),
    "42710": Known(
        "A constraint, trigger, policy or type of this name is there already.",
        "Find out who made it. Rename it aside or drop it, then start the step again.",
    ),
    "42804": Known(
        "Two columns of a foreign key, or two sides of an expression, have different types.",
        "Investigate and plan again.",
    ),
    "42830": Known(
        "A foreign key references columns that no longer have a unique key.",
        "Give them a primary key or a unique constraint again, then plan again.",
    ),
    "42883": Known(
        "An expression compares a converted column with a uuid, or calls a function with one; or a "
        "function calls another by its bare name, and the search_path does not lead to it.",
        "Find the object named here and cast that side, or plan with operators for uuid. If a name "
        "is not found, say search_path under [target] in the profile, or give the function one.",
    ),
    "42P01": Known(
        "A table that was there is gone, or a migration names one that never was.",
        "Investigate and plan again. In a migration: the revision before it may not be complete.",
    ),
    "42P07": Known(
        "A table, index or view of this name is there already: made by hand, or by a run before.",
        "Find out who made it. Rename it aside, or adopt its revision, then start the step again.",
    ),
    "53": Known(
        "The server has run out of something that it needs.",
        "Read its log, free what is named here, then start the step again.",
    ),
    "53100": Known(
        "The server's disk is full: a rewritten table needs its size once more until COMMIT.",
        "Free space for the rewritten tables on the server, then start the step again.",
    ),
    "53200": Known(
        "The server has no memory left, or no room in its table of locks.",
        "Raise max_locks_per_transaction (it needs a restart) or free memory; then start again.",
    ),
    "53300": Known(
        "All of the server's connections are taken; pg-rekey needs up to four at a time.",
        "End sessions that are not needed, or raise max_connections; then start the step again.",
    ),
    "54": Known(
        "A limit that is built into PostgreSQL was passed: a value too long for an index, too many "
        "columns, an expression too deep.",
        "Find the object named here. A text key takes more room than a uuid: shorten what is "
        "indexed with it.",
    ),
    "55006": Known(
        "Something of this session still uses the table, mostly a trigger that is put off until "
        "COMMIT.",
        "Start the step again.",
    ),
    "55P03": Known(
        "Another session holds a lock, and pg-rekey does not make others queue behind it.",
        "End that session or wait for it, then try again.",
    ),
    "57014": Known(
        "Somebody cancelled the statement on the server; time-outs are off for pg-rekey's own.",
        "Find out who did (the server's log says when), then start the step again.",
    ),
    "57P01": Known(
        "An administrator ended the session, or the server is being shut down.",
        "Check the server, then start the step again.",
    ),
    "57P02": Known(
        "A process of the server crashed, and with it every session ended. Nothing was committed "
        "that is not said to be.",
        "Read the server's log before anything else; start the step again when it is up.",
    ),
    "57P03": Known(
        "The server is starting, stopping or recovering from a crash, and takes nobody in.",
        "Wait until it answers ('pg_isready'), then start the step again.",
    ),
    "58": Known(
        "The operating system under the server failed to read or write a file.",
        "Check disk and file system of the server before anything else is done with it.",
    ),
    "P0001": Known(
        "A function in the database said no: a trigger, an event trigger, or code of a migration.",
        "Read its message; the detail names the function. Disable it or do as it says.",
    ),
    "XX000": Known(
        "The server met a fault of its own: a mistake in PostgreSQL or an extension, or damage.",
        "Read the server's log. If it comes again, save a bundle; check with amcheck.",
    ),
    "XX001": Known(
        "A page of the table is DAMAGED on disk. Rewriting the table could lose what is on it.",
        "Stop here. Copy the data directory before anything else, then restore or call for help.",
    ),
    "XX002": Known(
        "An index is DAMAGED: what was read through it may be incomplete.",
        "Stop here. Check it with amcheck, REINDEX it, and investigate again.",
    ),
}

# libpq gives no code for a connection that was refused; these are the server's words for one.
SAID = {
    "starting up": "57P03",
    "shutting down": "57P03",
    "in recovery mode": "57P03",
    "not yet accepting connections": "57P03",
    "too many clients": "53300",
    "too many connections": "53300",
    "connection slots are reserved": "53300",
}


def known(sqlstate: str | None) -> Known | None:
    """What is known of a code, by itself or by its class."""
    state = sqlstate or ""
    return KNOWN.get(state) or KNOWN.get(state[:2])


def said(words: str) -> Known | None:
    """What is known of a refused connection by the server's words for it."""
    return next((KNOWN[state] for phrase, state in SAID.items() if phrase in words), None)
