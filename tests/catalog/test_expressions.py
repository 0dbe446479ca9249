"""What is the same in two expressions but for casts between the types of keys."""

import pytest

from recovery.catalog.expressions import without_casts

# As PostgreSQL writes a type in an expression, for each type that a key can have.
TYPES = (
    *("uuid", "text", "bpchar", "character varying", "character varying(36)", "character(36)"),
    *("smallint", "integer", "bigint"),
)


@pytest.mark.parametrize("array", ["", "[]", "[][]"])
@pytest.mark.parametrize("type_", TYPES)
def test_a_cast_to_a_type_of_keys_does_not_count(type_: str, array: str) -> None:
    assert without_casts(f"(id = (other)::{type_}{array})") == "id=other"
    assert without_casts(f"id = other:: {type_}{array}") == "id=other"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "CHECK (((kind)::text = ANY ((ARRAY['a'::character varying])::text[])))",
            "CHECK ((kind = ANY (ARRAY['a'::text])))",
        ),
        ("'00000000-0000-0000-0000-000000000001'::uuid", "'00000000-0000-0000-0000-000000000001'"),
        ("nextval('public.a_id_seq'::regclass)", "(nextval('public.a_id_seq'::regclass))::bigint"),
    ],
)
def test_two_that_differ_for_a_type_of_keys_only_are_the_same(one: str, other: str) -> None:
    assert without_casts(one) == without_casts(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(a)::numeric", "a"),
        ("(a)::date", "(a)::timestamp without time zone"),
        ("'a'::regclass", "'a'"),
        ("(a = 'b'::text)", "(a = 'c'::text)"),
        ("lower((a)::text)", "upper((a)::text)"),
    ],
)
def test_whatever_else_differs_counts(one: str, other: str) -> None:
    assert without_casts(one) != without_casts(other)
