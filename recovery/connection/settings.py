"""The settings of a session that are not left to a database, a role or the environment.

What a catalog says depends on some of them, and so does what is made of it again. pg_dump sets the
same (https://www.postgresql.org/docs/current/app-pgdump.html, ``setup_connection`` in its source).
"""

from collections.abc import Mapping

# Other people's code (migration scripts) runs in the session that it would have without us, but for
# what would end long work, keep it from writing, or give the driver what it cannot read.
FOR_OTHERS: Mapping[str, str] = {
    "client_encoding": "UTF8",
    "client_min_messages": "warning",
    "DateStyle": "ISO",
    "default_transaction_read_only": "off",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "lock_timeout": "0",
    "statement_timeout": "0",
    "transaction_timeout": "0",
}
# How long a lock is waited for at most, in seconds: others queue up behind whoever waits.
LONGEST_WAIT = 30
PINNED: Mapping[str, str] = {
    **FOR_OTHERS,
    "lock_timeout": f"{LONGEST_WAIT}s",
    "array_nulls": "on",
    "bytea_output": "hex",
    "default_tablespace": "",
    "default_transaction_deferrable": "off",
    "default_transaction_isolation": "read committed",
    "escape_string_warning": "off",
    # The shortest number that is read back as the same one; 0 rounds 0.30000000000000004 to 0.3.
    "extra_float_digits": "3",
    "IntervalStyle": "postgres",
    "quote_all_identifiers": "off",
    # Where a policy must not hide a row unseen, "off" is said by who asks.
    "row_security": "on",
    "search_path": "",
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
    "xmloption": "content",
}


def as_options(settings: Mapping[str, str]) -> str:
    """Settings as libpq's parameter ``options`` has them: a space would end a value there.

    For a program of PostgreSQL's. It takes care of its search_path itself; and what a version does
    not know would be an error there, so of time-outs only those that each version has are said.
    """
    said = {name: value for name, value in settings.items() if name not in _NOT_FOR_PROGRAMS}
    return " ".join(f"-c {name}={_escaped(value)}" for name, value in said.items())


_NOT_FOR_PROGRAMS = frozenset(
    {"search_path", "idle_session_timeout", "transaction_timeout", "client_encoding"}
)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
