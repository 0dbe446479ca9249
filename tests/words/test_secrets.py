"""What may be a secret is found, and is not written down."""

import pytest

from recovery.words import secrets


@pytest.mark.parametrize(
    "url",
    [
        "http://svc:hunter2@a/health",
        "https://hunter2@a/",
        "http://a/health?token=hunter2",
        "http://a/?x=1&api_key=hunter2",
        "http://a/?X-Amz-Signature=hunter2",
        "http://a/?accessToken=hunter2",
        "http://a/?sig=hunter2",
        "http://a/?key=hunter2",
        "http://a/#access_token=hunter2",
        "http://a:b@c@d/?password=hunter2",
    ],
)
def test_what_lets_somebody_in_is_named_and_not_repeated(url: str) -> None:
    said = secrets.in_url(url)
    assert said is not None
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "url",
    ["http://a/health", "http://a:8000/?verbose=1&keys=2", "http://a/@b/token", "http://[::1", ""],
)
def test_an_address_is_no_secret(url: str) -> None:
    assert secrets.in_url(url) is None


@pytest.mark.parametrize(
    "word",
    ["url=postgresql://svc:hunter2@a/db", "PGPASSWORD=hunter2", "--api-token=hunter2"],
)
def test_a_commands_word_can_have_a_secret(word: str) -> None:
    said = secrets.in_word(word)
    assert said is not None
    assert "hunter2" not in said
    assert secrets.in_word("postgresql://svc@a/db") is None
    assert secrets.in_word("--name=head") is None


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        (
            "SELECT * FROM cards WHERE n = '4111' AND cvc=123",
            "SELECT * FROM cards WHERE n = ? AND cvc=?",
        ),
        ("SELECT 'it''s 4111', E'a\\'4111', 4111", "SELECT ?, ?"),
        ("SELECT 'a\\' || '4111'", "SELECT ?"),
        ("SELECT $$4111$$, $a$ $$ 4111 $a$, $1", "SELECT ?, ?, $1"),
        ("SELECT U&'4111', x'4111', n'4111' FROM t1", "SELECT ?, ?, ? FROM t1"),
        ("SELECT \"a'4\" FROM t WHERE b = '4111'", 'SELECT "a\'4" FROM t WHERE b = ?'),
        ("-- 4111\nSELECT /* 4111 */ 1.5e3 /* a /* b */ 4111 */", "SELECT   ?"),
        ("SELECT a FROM t WHERE b = '4111 41", "SELECT a FROM t WHERE b = ?"),
        ("SELECT $x$ 4111", "SELECT ?"),
        ("SELECT 0x41, 1_111, -4111", "SELECT ?, ?, -?"),
    ],
)
def test_a_statement_is_kept_without_its_constants(query: str, kept: str) -> None:
    assert " ".join(secrets.without_constants(query).split()) == " ".join(kept.split())


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://svc:hunter2@a:8/b;sid=hunter2/c?token=hunter2#hunter2", "https://a:8/b/c"),
        ("http://svc:hun@ter2@a/", "http://a/"),
        ("http://[::1]:8000/health", "http://[::1]:8000/health"),
        ("http://hunter2@[::1", "an address that cannot be read"),
    ],
)
def test_the_place_of_a_url_has_nothing_that_lets_somebody_in(url: str, place: str) -> None:
    assert secrets.place(url) == place
