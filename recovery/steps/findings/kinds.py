"""The kinds of findings: the id of each, how grave it is, what it means and what to do about it.

They are data, so that docs/findings.md can be made from them. What was seen, and where, is told by
the module that sees it.
"""

from dataclasses import dataclass, replace

from recovery.record.events import Finding, Severity

BLOCKER, WARNING, NOTE = Severity.BLOCKER, Severity.WARNING, Severity.NOTE


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding. ``code`` never changes: programs read it.

    ``{names}`` in ``remedy`` are places that each finding fills.
    """

    code: str
    severity: Severity
    means: str
    remedy: str

    def also(self, means: str, remedy: str) -> "Kind":
        """The same kind, for another cause, with something else to do about it."""
        return replace(self, means=means, remedy=remedy)

    def found(self, title: str, evidence: str, *, query: str = "", **places: object) -> Finding:
        """One finding. Raises ``KeyError`` if a place of the remedy is not filled."""
        remedy = self.remedy.format(**places)
        return Finding(self.severity, self.code, title, evidence, remedy, query)


NOT_KNOWN = Kind(
    "not-known",
    WARNING,
    "The server refused a question, and its answer is not known. Nothing else rests on it.",
    "{remedy}",
)
KEY_UNKNOWN = Kind(
    "key-unknown",
    BLOCKER,
    "The profile names a key that is not there.",
    "Correct the keys in the profile.",
)
KEY_SETTLED = Kind(
    "key-settled",
    NOTE,
    "A key has the type that the application expects.",
    "Nothing to do.",
)
KEY_TYPE = Kind(
    "key-type",
    BLOCKER,
    "A key has another type than the application expects.",
    "Convert it with everything that references it (plan, backup, conversion).",
)
KEY_PROPOSED = Kind(
    "key-proposed",
    BLOCKER,
    "The migrations, or the models, give a key another type, and the profile does not name it.",
    "Take it into the plan, or leave it: here in the pane of keys, or with "
    "'pg-rekey plan --take {key}' and '--leave'.",
)
KEY_OTHER_TYPE = Kind(
    "key-other-type",
    WARNING,
    "The profile or the operator gives a key another type than the migrations, or the models, do.",
    "Correct the key in the profile, unless it is meant so.",
)
METADATA_UNREAD = Kind(
    "metadata-unread",
    WARNING,
    "The application's models could not be read: the evidence says why.",
    "{remedy}",
)
METADATA_REFUSED = METADATA_UNREAD.also(
    "The server refused some of what the application's models make.",
    "Nothing is guessed of the tables that failed: name their keys in the profile.",
)
METADATA_ELSEWHERE = METADATA_UNREAD.also(
    "No table of the application's models is in the database.",
    "Check that source under [metadata] names this application's models, and that they say which "
    "schema their tables are in.",
)
REVISION_UNKNOWN = Kind(
    "revision-unknown",
    BLOCKER,
    "alembic_version names a revision that no script has.",
    "Check that script_location is the application's, and complete.",
)
REVISION_OPEN = Kind(
    "revision-open",
    WARNING,
    "No revision fits what the catalog has, or the scripts could not be replayed.",
    "Check that script_location is the application's. Migrations wait until you say which revision "
    "it is.",
)
REVISION_AMBIGUOUS = Kind(
    "revision-ambiguous",
    WARNING,
    "Several revisions leave the same catalog behind.",
    "They differ in rows, or in nothing. Look what their scripts do, and say which it is before "
    "the migrations.",
)
REVISION_CLAIM = Kind(
    "revision-claim",
    BLOCKER,
    "alembic_version claims another revision than the catalog shows.",
    "Confirm the revision. After the conversion it is set to {revision}, then migrated to head.",
)
REVISION_DIFFERENCES = Kind(
    "revision-differences",
    WARNING,
    "Objects are not as the nearest revision leaves them, types of keys apart.",
    "Read them, in the investigation's pane of revisions, before you confirm the revision.",
)
COLLISION = Kind(
    "collision",
    WARNING,
    "Tables exist that a pending revision would create.",
    "Before the migrations they are compared with what the script would create; if they are the "
    "same, the revision can be adopted.",
)
REVISION_NOT_REPLAYED = Kind(
    "revision-not-replayed",
    WARNING,
    "A migration script did not run on the private server.",
    "What it changes is not known, and nothing is guessed of it: install what the script needs "
    "beside pg-rekey, or look at it yourself.",
)
TABLES_MISSING = Kind(
    "tables-missing",
    WARNING,
    "Tables are missing that the profile or the scripts name.",
    "The migrations create them.",
)
TABLES_FEW = Kind(
    "tables-few",
    NOTE,
    "There are fewer tables than the profile expects.",
    "Verification looks again after the migrations.",
)
CALL_FAILS = Kind(
    "call-fails",
    BLOCKER,
    "An index or a check calls a function that fails when PostgreSQL calls it by itself.",
    "If a name is not found, give the function its own search_path (ALTER FUNCTION … SET "
    "search_path), or say search_path under [target] in the profile: for an index, from version 17 "
    "on, only the first helps. The conversion would fail, and roll back.",
)
EVENT_TRIGGER = Kind(
    "event-trigger",
    WARNING,
    "An event trigger fires on statements like the conversion's.",
    "It may refuse or record the conversion's statements: read its function first.",
)
REVISION_PARENT_MISSING = Kind(
    "revision-parent-missing",
    WARNING,
    "A migration script comes after a revision that no script has.",
    "Add the missing script: Alembic itself refuses such a history. What comes after it cannot be "
    "replayed, so what it changes is not known.",
)
VALUE_NO_UUID = Kind(
    "value-no-uuid",
    BLOCKER,
    "A column that becomes uuid holds values that are no canonical uuid.",
    "Repair these rows: the cast would fail, or change how they are written.",
)
LOCKS = Kind(
    "locks",
    WARNING,
    "The conversion may need more locks than the server has room for.",
    "Raise max_locks_per_transaction (it takes a restart), or the conversion may fail (53200) and "
    "roll back.",
)
DISK = Kind(
    "disk",
    NOTE,
    "So much free disk is needed: converted tables are written anew.",
    "Look at the server's disk: from here its free space cannot be seen.",
)
TIME_OUTS = Kind(
    "time-outs",
    NOTE,
    "The server would end sessions or transactions after a time. pg-rekey sets that off for its "
    "own.",
    "Nothing: the gate ends by its own deadline. 'psql --file plan.sql' sets them off, too.",
)
COMPARED_AS_TEXT = Kind(
    "compared-as-text",
    NOTE,
    "Keys become characters: how they are written, and their collation, decide what is equal and "
    "what comes first.",
    'Check what the application sends. A key\'s type with COLLATE "C" compares bytes, as uuid '
    "does, and keeps its indexes fast.",
)
ROUTINES = Kind(
    "routines",
    WARNING,
    "There are functions whose bodies PostgreSQL does not look into before they are called.",
    "Those that declare the old type or compare with it may fail after the conversion. The plan "
    "lists them: what can be is checked on a copy of the schema, the rest is read.",
)
ORPHANS = Kind(
    "orphans",
    BLOCKER,
    "Rows refer to keys that are not there, though the foreign key counts as validated.",
    "Repair or delete these rows: recreating the foreign key would fail (23503).",
)
ORPHANS_NOT_VALIDATED = Kind(
    "orphans-not-validated",
    WARNING,
    "Rows refer to keys that are not there, by a foreign key that is NOT VALID.",
    "It is recreated NOT VALID, as it was; the orphans stay.",
)
ORPHANS_NOT_ENFORCED = Kind(
    "orphans-not-enforced",
    NOTE,
    "Rows refer to keys that are not there, by a foreign key that is NOT ENFORCED.",
    "It is recreated NOT ENFORCED, as it was: PostgreSQL looks at no row for it.",
)
SOFT_REFERENCES = Kind(
    "soft-references",
    WARNING,
    "Columns hold ids of a converted key, and no foreign key says so.",
    "Comparing them with the key will fail. Take each into the plan, or leave it: by name in the "
    "profile, here, or with 'pg-rekey plan --take' and '--leave'.",
)
OTHER_UUIDS = Kind(
    "other-uuids",
    NOTE,
    "More uuid columns, in which no value of a key was seen, stay as they are.",
    "Nothing, if the application expects uuid there.",
)
LEFT = Kind(
    "left",
    NOTE,
    "Columns stay as they are because the operator or the profile says so.",
    "Nothing: it is recorded here.",
)

KINDS = tuple(each for each in list(vars().values()) if isinstance(each, Kind))
