"""Text from elsewhere: shown as what it is, and obeyed by nothing."""

import json
import subprocess
import tomllib

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from recovery.words import foreign
from recovery.words.names import ColumnName, TableName
from tests.conftest import Database

UNSEEN = ["\x1b", "\x07", "\r", "\n", "\t", "\x7f", "\x9b", "\u202e", "\u200b", "\u2028", "\u3164"]
UNSEEN += ["\u115f", "\u1160", "\uffa0", "\u2800", "\u034f", "\ufe0f", "\U000e0101", "\U000e0041"]
# What PostgreSQL takes into a name.
NAMES = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1)
EVIL = "e\x1b]0;t\x07\r\n-- \\ \\u PASSED\u202e\u3164`|*'\"$(id)$$ <b>\U000e0101"


@pytest.mark.parametrize("char", UNSEEN, ids=ascii)
def test_what_is_not_seen_is_told_from_what_is_not_there(char: str) -> None:
    told = foreign.line(f"a{char}b")
    assert told != "ab"
    assert told.isascii()
    assert told.isprintable()
    assert foreign.legible(f"a{char}b") == "a b"


def test_what_is_seen_stays() -> None:
    for text in ("naïve café", "用户.身份", "a b", "שלום", "x_y 'z'"):
        assert foreign.line(text) == foreign.lines(text) == foreign.legible(text) == text


def test_lines_stay_where_they_may() -> None:
    assert foreign.lines("a\r\n\tb\x1b\n") == "a\\r\n  b\\x1b\n"
    assert foreign.comment("a\r\nb\x1bc") == "-- a\\r\n--   b\\x1bc"


def test_nothing_is_markup() -> None:
    assert foreign.markdown("**x** | [a](b) `c` <i> &#8238; ~~z~~ _y_ \\") == (
        "\\*\\*x\\*\\* \\| [a\\](b) \\`c\\` \\<i> \\&#8238; \\~\\~z\\~\\~ \\_y\\_ \\\\"
    )
    assert foreign.markdown("users.org_id uuid[]") == "users.org_id uuid[]"


@given(NAMES)
def test_a_shell_reads_the_word_that_was_meant(word: str) -> None:
    written = foreign.shell(word)
    assert all(map(foreign.seen, written))
    shell = ["bash", "-c", f"printf %s {written}"]
    assert subprocess.run(shell, capture_output=True, check=True).stdout.decode() == word


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_toml_and_json_read_back_what_was_meant(text: str) -> None:
    written = foreign.toml(text)
    assert all(map(foreign.seen, written))
    assert tomllib.loads(f"x = {written}") == {"x": text}
    assert foreign.as_json(text).isprintable()
    assert json.loads(foreign.as_json(text)) == text


@given(NAMES)
def test_a_name_reads_back_from_how_it_is_shown(name: str) -> None:
    column = ColumnName(TableName(name, name), name)
    assert all(map(foreign.seen, str(column)))
    assert ColumnName.parse(str(column)) == column


@given(NAMES, NAMES)
def test_a_statement_keeps_its_meaning(text: str, name: str) -> None:
    """Seen by taking the escapes back."""
    composed = sql.SQL("SELECT {} AS {} --").format(sql.Literal(text), sql.Identifier(name))
    written = foreign.statement(composed.as_string(None))
    assert all(map(foreign.seen, written))
    assert foreign.statement(written) == written


@pytest.mark.parametrize("evil", [EVIL, *UNSEEN], ids=ascii)
def test_the_server_reads_the_same(database: Database, evil: str) -> None:
    name = sql.Identifier(evil)
    body = sql.SQL("BEGIN EXECUTE {}; END").format(sql.Literal(f"CREATE TABLE {'x'} (y int)"))
    statements = [
        sql.SQL("CREATE TABLE {} ({} text DEFAULT {})").format(name, name, sql.Literal(evil)),
        sql.SQL("COMMENT ON TABLE {} IS {}").format(name, sql.Literal(f"\\{evil}\\")),
        sql.SQL("COMMENT ON COLUMN {}.{} IS E'\\\\{}\\''").format(
            name, name, sql.SQL(evil.replace("\\", "\\\\").replace("'", "''"))
        ),
        sql.SQL("DO $x$ {} $x$").format(body),
        sql.SQL(
            "DO $x$ BEGIN EXECUTE 'COMMENT ON TABLE x IS ' || quote_literal({}); END $x$"
        ).format(sql.Literal(evil)),
    ]
    with database.connect(autocommit=True) as conn:
        for statement in statements:
            written = foreign.statement(statement.as_string(conn))
            assert all(map(foreign.seen, written))
            conn.execute(written.encode())
        said = conn.execute(
            "SELECT c.relname, a.attname, obj_description(c.oid), col_description(c.oid, 1),"
            " obj_description('x'::regclass) FROM pg_class c"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1"
            " WHERE c.relname = %s",
            [evil],
        ).fetchone()
        assert said == (evil, evil, f"\\{evil}\\", f"\\{evil}'", evil)
        conn.execute(sql.SQL("INSERT INTO {} DEFAULT VALUES").format(name))
        (default,) = conn.execute(sql.SQL("SELECT {} FROM {}").format(name, name)).fetchall()[0]
        assert default == evil
        assert isinstance(conn, psycopg.Connection)
