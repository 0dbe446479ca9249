"""The answers' rows. Each class is named for one row of the question whose file it belongs to."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """identity.sql"""

    server_version: int
    server_version_text: str
    role: str
    superuser: bool
    size_bytes: int
    tables: int
    owned_tables: int
    in_recovery: bool
    tls: bool
    backend_pid: int


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """instance.sql"""

    database: str
    database_oid: int
    server_address: str | None
    server_port: int
    started: datetime
    data_directory: str | None


@dataclass(frozen=True, slots=True)
class LogPositionRow:
    """log_position.sql"""

    timeline: str | None
    log_bytes: int | None


@dataclass(frozen=True, slots=True)
class SystemIdentifierRow:
    """system_identifier.sql"""

    system_identifier: str


@dataclass(frozen=True, slots=True)
class DatabaseRow:
    """databases.sql"""

    name: str
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class TableRow:
    """tables.sql"""

    oid: int
    schema: str
    name: str
    kind: str
    is_partition: bool
    is_typed: bool
    hides_rows: bool
    owner: str
    owned: bool
    rows_estimated: int
    bytes: int

    @property
    def has_rows(self) -> bool:
        """Whether it can have rows of its own: those of a partitioned table are its partitions'."""
        return self.kind != "p"


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """columns.sql"""

    table_oid: int
    number: int
    schema: str
    table_name: str
    table_kind: str
    name: str
    type: str
    collation: str | None
    domain_over: str | None
    not_null: bool
    default_expression: str | None
    is_identity: bool
    is_generated: bool
    inherited: int
    is_partition_key: bool


@dataclass(frozen=True, slots=True)
class InheritanceRow:
    """inheritance.sql"""

    child_oid: int
    parent_oid: int


@dataclass(frozen=True, slots=True)
class ForeignKeyRow:
    """foreign_keys.sql"""

    oid: int
    name: str
    identity: str
    relation: str
    schema: str
    table_name: str
    table_oid: int
    referenced_schema: str
    referenced_table: str
    referenced_oid: int
    column_numbers: list[int]
    referenced_numbers: list[int]
    columns: list[str]
    referenced_columns: list[str]
    operators: list[str]
    definition: str
    on_delete: str
    on_update: str
    match_full: bool
    is_deferrable: bool
    is_deferred: bool
    is_validated: bool
    is_enforced: bool
    is_temporal: bool
    comment: str | None


@dataclass(frozen=True, slots=True)
class ForeignKeyCopyRow:
    """foreign_key_copies.sql"""

    foreign_key_oid: int
    relation: str
    referenced: str
    name: str
    is_validated: bool | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class ForeignKeyTriggerRow:
    """foreign_key_triggers.sql"""

    foreign_key_oid: int
    relation: str
    constraint_name: str
    table_name: str
    function: str
    name: str
    state: str
    is_copy: bool
    action: str
    fires: bool


@dataclass(frozen=True, slots=True)
class EvaluatedRow:
    """evaluated.sql"""

    search_path: str
    asked: bool


@dataclass(frozen=True, slots=True)
class SearchPathRow:
    """search_path.sql"""

    search_path: str


@dataclass(frozen=True, slots=True)
class CalledRow:
    """called.sql"""

    kind: str
    name: str
    relation: str
    value: str


@dataclass(frozen=True, slots=True)
class RestoringRow:
    """restoring.sql"""

    owner: str
    able: bool
    administrator: str | None


@dataclass(frozen=True, slots=True)
class DependentRow:
    """dependents.sql"""

    class_oid: int
    oid: int
    kind: str
    name: str
    inherited: bool
    on_class_oid: int
    on_oid: int
    on_number: int
    extension: str | None


@dataclass(frozen=True, slots=True)
class CallRow:
    """A function or an operator that an object's expressions call, in the order of the calls.

    ``own``: no server comes with it. ``collation`` is empty if it could not be determined, None if
    nothing that is given has one. expressions.sql
    """

    kind: str
    identity: str
    place: int
    called: str
    operator: bool
    own: bool
    collation: str | None


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """What there is, and the relation that has it, if one does. ``properties`` is JSON.

    objects_relations.sql, objects_routines.sql, objects_others.sql, objects_published.sql,
    objects_published_14.sql
    """

    class_oid: int
    oid: int
    kind: str
    identity: str
    relation_oid: int | None
    relation: str | None
    properties: str


@dataclass(frozen=True, slots=True)
class RowVersionsRow:
    """row_versions.sql"""

    class_oid: int
    oid: int
    versions: str


@dataclass(frozen=True, slots=True)
class TouchedRow:
    """touched.sql"""

    oid: int
    identity: str
    tag: str


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """waiting_for_us.sql"""

    pid: int
    application_name: str


@dataclass(frozen=True, slots=True)
class SerialRow:
    """serials.sql"""

    table_oid: int
    column_number: int
    sequence_oid: int
    is_identity: bool


@dataclass(frozen=True, slots=True)
class RoleAttributesRow:
    """role_attributes.sql"""

    name: str
    attributes: str


@dataclass(frozen=True, slots=True)
class MembershipRow:
    """memberships.sql"""

    role: str
    member: str
    administers: bool
    inherits: bool | None
    sets: bool | None


@dataclass(frozen=True, slots=True)
class OidAliasRow:
    """oid_aliases.sql"""

    table_oid: int
    schema: str
    table_name: str
    name: str
    is_array: bool
    catalog: str


@dataclass(frozen=True, slots=True)
class ReplacedOidRow:
    """replaced_oids.sql"""

    catalog: str
    oid: int


@dataclass(frozen=True, slots=True)
class RoleRow:
    """roles.sql"""

    name: str
    mine: bool
    favoured: bool


@dataclass(frozen=True, slots=True)
class EndedSessionRow:
    """end_own_session.sql"""

    ended: bool


@dataclass(frozen=True, slots=True)
class CancelledRow:
    """cancel.sql"""

    told: bool


@dataclass(frozen=True, slots=True)
class SchemaRow:
    """schemas.sql"""

    name: str
    creatable: bool


@dataclass(frozen=True, slots=True)
class PlpgsqlFunctionRow:
    """plpgsql_functions.sql"""

    oid: int
    identity: str
    table_oid: int
    old_table: str | None
    new_table: str | None


@dataclass(frozen=True, slots=True)
class PlpgsqlErrorRow:
    """plpgsql_errors.sql"""

    line: int | None
    sqlstate: str
    message: str


@dataclass(frozen=True, slots=True)
class TimeOutRow:
    """time_outs.sql"""

    name: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class LockCapacityRow:
    """lock_capacity.sql"""

    locks: int


@dataclass(frozen=True, slots=True)
class EventTriggerRow:
    """event_triggers.sql"""

    name: str
    event: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """blocked.sql and blockers.sql"""

    pid: int
    application: str
    role: str
    query: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class AwaitedRow(SessionRow):
    """awaited.sql"""

    is_in_queue: bool


@dataclass(frozen=True, slots=True)
class WalRow:
    """wal_written.sql"""

    position: str
    bytes: int
