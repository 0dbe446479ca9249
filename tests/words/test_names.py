"""Names of tables and columns, and types of keys, as people write them."""

import pytest

from recovery.words.names import ColumnName, KeyType, TableName

# --- tables -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "schema", "name"),
    [
        ("users", "public", "users"),
        ("Users", "public", "users"),
        ('"Users"', "public", "Users"),
        ("crm.Users", "crm", "users"),
        ('"CRM"."Users"', "CRM", "Users"),
        ('crm."order"', "crm", "order"),
        ('"say ""hi"""', "public", 'say "hi"'),
        ('"a.b"', "public", "a.b"),
        ('"two words"', "public", "two words"),
        (" crm . users ", "crm", "users"),
        ("_hidden$1", "public", "_hidden$1"),
        ("straße", "public", "straße"),
        ("ключи🔑", "public", "ключи🔑"),
    ],
)
def test_a_table_is_read_as_sql_reads_it(written: str, schema: str, name: str) -> None:
    assert TableName.parse(written) == TableName(schema, name)


def test_only_ascii_letters_are_folded_as_in_a_utf8_database() -> None:
    assert TableName.parse("ÜBERSICHT") == TableName("public", "Übersicht")


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        ".",
        "users.",
        ".users",
        "crm..users",
        '""',
        '"users',
        'users"',
        "1users",
        "us-ers",
        "users;",
        "two words",
        "users id",
        "$users",
    ],
)
def test_what_is_no_name_is_refused_with_what_was_written(written: str) -> None:
    with pytest.raises(ValueError, match="is not a name") as refused:
        TableName.parse(written)

    assert repr(written) in str(refused.value)


def test_a_table_has_at_most_a_schema_before_it() -> None:
    with pytest.raises(ValueError, match=r"expected table or schema\.table"):
        TableName.parse("saas.crm.users")


@pytest.mark.parametrize(
    ("table", "shown"),
    [
        (TableName("public", "users"), "users"),
        (TableName("crm", "users"), "crm.users"),
        (TableName("public", "Users"), '"Users"'),
        (TableName("My Schema", "users"), '"My Schema".users'),
        (TableName("public", 'say "hi"'), '"say ""hi"""'),
        (TableName("public", "a.b"), '"a.b"'),
        (TableName("public", "1st"), '"1st"'),
        (TableName("public", "straße"), '"straße"'),
    ],
)
def test_a_table_is_shown_so_that_it_reads_back_as_the_same(table: TableName, shown: str) -> None:
    assert str(table) == shown
    assert TableName.parse(shown) == table


def test_a_statement_always_names_the_schema() -> None:
    assert TableName.parse('"Users"').identifier.as_string(None) == '"public"."Users"'


def test_tables_sort_by_schema_then_name() -> None:
    tables = [TableName.parse(text) for text in ("users", "crm.z", "crm.a", "accounts")]

    assert [str(table) for table in sorted(tables)] == ["crm.a", "crm.z", "accounts", "users"]


# --- columns ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "schema", "table", "column"),
    [
        ("users.id", "public", "users", "id"),
        ("crm.users.id", "crm", "users", "id"),
        ('"Users"."ID"', "public", "Users", "ID"),
        ("USERS.ID", "public", "users", "id"),
        ('crm."a.b"."c.d"', "crm", "a.b", "c.d"),
    ],
)
def test_a_column_is_read_with_its_table(
    written: str, schema: str, table: str, column: str
) -> None:
    assert ColumnName.parse(written) == ColumnName(TableName(schema, table), column)


@pytest.mark.parametrize("written", ["id", "saas.crm.users.id"])
def test_a_column_needs_its_table_and_no_database(written: str) -> None:
    with pytest.raises(ValueError, match=r"expected table\.column"):
        ColumnName.parse(written)


@pytest.mark.parametrize("written", ["", "users.", "users.id)", "users.1d"])
def test_what_is_no_column_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        ColumnName.parse(written)


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        ("users.id", "users.id"),
        ("public.users.id", "users.id"),
        ('crm."Users"."Id"', 'crm."Users"."Id"'),
        ('"a.b"."c""d"', '"a.b"."c""d"'),
    ],
)
def test_a_column_is_shown_so_that_it_reads_back_as_the_same(column: str, shown: str) -> None:
    assert str(ColumnName.parse(column)) == shown
    assert ColumnName.parse(shown) == ColumnName.parse(column)


# --- types ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "as_the_server_says", "shown"),
    [
        ("uuid", "uuid", "uuid"),
        (" UUID ", "uuid", "uuid"),
        ("text", "text", "text"),
        ("varchar(36)", "character varying(36)", "varchar(36)"),
        ("VARCHAR ( 36 )", "character varying(36)", "varchar(36)"),
        ("character varying(64)", "character varying(64)", "varchar(64)"),
        ("character   varying(036)", "character varying(36)", "varchar(36)"),
        ("varchar", "character varying", "varchar"),
        ("char(36)", "character(36)", "char(36)"),
        ("character(36)", "character(36)", "char(36)"),
        ("bpchar(36)", "character(36)", "char(36)"),
        ("varchar(36)[]", "character varying(36)[]", "varchar(36)[]"),
        ("text []", "text[]", "text[]"),
        ('varchar(36) collate "C"', "character varying(36)", 'varchar(36) COLLATE "C"'),
        ('text[] COLLATE crm."de"', "text[]", "text[] COLLATE crm.de"),
    ],
)
def test_a_type_goes_by_any_of_its_names(written: str, as_the_server_says: str, shown: str) -> None:
    parsed = KeyType.parse(written)

    assert parsed.name == as_the_server_says
    assert str(parsed) == shown
    assert KeyType.parse(shown) == parsed


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("varchar(35)", "too short: a uuid has 36 characters"),
        ("varchar(0)", "too short"),
        ("char(35)", "has to be char(36)"),
        ("char(40)", "or values are padded"),
        ("char", "has to be char(36)"),
        ("uuid(36)", "uuid takes no length"),
        ("text(36)", "text takes no length"),
        ("bigint(8)", "bigint takes no length"),
        ("integer", "expected uuid, text, varchar"),
        ("uuid[]", "only a character type can be an array"),
        ('bigint COLLATE "C"', "only a character type can be an array or have a collation"),
        ('varchar(36) COLLATE "C', "is not a name"),
        ("varchar(-36)", "expected uuid, text, varchar"),
        ("varchar(36", "expected uuid, text, varchar"),
        ("citext", "expected uuid, text, varchar"),
        ("", "expected uuid, text, varchar"),
    ],
)
def test_a_type_that_cannot_hold_every_key_is_refused_with_the_reason(
    written: str, why: str
) -> None:
    with pytest.raises(ValueError, match=r"type|short|length|name") as refused:
        KeyType.parse(written)

    assert why in str(refused.value)


def test_a_length_beyond_what_postgresql_allows_is_refused() -> None:
    assert KeyType.parse("varchar(10485760)").name == "character varying(10485760)"
    with pytest.raises(ValueError, match="10485761"):
        KeyType.parse("varchar(10485761)")


@pytest.mark.parametrize(
    ("written", "is_uuid"), [("uuid", True), ("varchar(36)", False), ("text", False)]
)
def test_a_type_knows_whether_it_is_uuid_itself(written: str, is_uuid: bool) -> None:
    assert KeyType.parse(written).is_uuid is is_uuid
