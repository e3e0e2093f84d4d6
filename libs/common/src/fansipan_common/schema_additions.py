"""What migrations have added since the last release (docs/adr/0031).

Each migration adds a line here. When a release is made, `LAST_RELEASE` becomes its revision and the rest is emptied.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LAST_RELEASE: Final = "0006"
"""The revision that the last release made: the oldest schema that this code works with."""


@dataclass(frozen=True, slots=True)
class Addition:
    """A table, or columns of a table, that the schema of the last release does not have.

    Attributes:
        table: its name.
        before: columns of the last release; none when the table itself is new.
        columns: each new column, with what it holds where it is not there, as an SQL expression.
    """

    table: str
    before: tuple[str, ...]
    columns: Mapping[str, str]

    def stand_in(self) -> str:
        """A subquery that reads as the table will. It is good where the table is as it will be, too."""
        columns = [*self.before, *(f"{value} AS {name}" for name, value in self.columns.items())]
        return f"(SELECT {', '.join(columns)} {f'FROM {self.table}' if self.before else 'WHERE false'})"


def _table(table: str, **types: str) -> Addition:
    return Addition(table, (), {name: f"NULL::{type_}" for name, type_ in types.items()})


def _columns(table: str, before: str, **values: str) -> Addition:
    return Addition(table, tuple(before.split()), values)


ADDITIONS: Final = (
    # 0007
    _columns(
        "observation_history",
        "id datastream_id phenomenon_time replaced_at result result_json result_quality result_time parameters",
        feature_id="NULL::integer",
        deleted="false",
    ),
    _columns("historical_location", "id thing_id time", feature_id="NULL::integer"),
    _columns(
        "provider",
        "id key name auto_register created_at contact disabled_at",
        corrections_by_post="false",
        observations_per_day="NULL::bigint",
        bytes_per_day="NULL::bigint",
        requests_per_minute="NULL::bigint",
    ),
    _table(
        "deleted_datastream",
        datastream_id="integer",
        deleted_at="timestamptz",
        provider_id="integer",
        thing_key="text",
        property_key="text",
        area_code="text",
        passes="smallint",
        due_at="timestamptz",
    ),
    # 0008
    _columns(
        "api_key",
        "id provider_id name secret_hash scopes datastream_prefixes created_at expires_at revoked_at created_by"
        " revoked_by",
        replaces="NULL::text",
    ),
    _table(
        "provider_member",
        username="text",
        provider_id="integer",
        added_at="timestamptz",
        added_by="text",
    ),
    _table(
        "provider_usage",
        provider_id="integer",
        day="date",
        key_id="text",
        requests="bigint",
        accepted="bigint",
        bytes="bigint",
        last_used_at="timestamptz",
    ),
    _table("provider_refusal", provider_id="integer", day="date", key_id="text", code="text", count="bigint"),
    _table("provider_minute", provider_id="integer", minute="timestamptz", requests="bigint"),
    _table(
        "webhook",
        id="text",
        provider_id="integer",
        name="text",
        url="text",
        events="text[]",
        indicators="text[]",
        subjects="text[]",
        areas="text[]",
        bands="text[]",
        severities="text[]",
        prefixes="text[]",
        secret_version="integer",  # noqa: S106 - its type
        root_key="text",
        created_at="timestamptz",
        created_by="text",
        failing_since="timestamptz",
        disabled_at="timestamptz",
        disabled_reason="text",
    ),
    _table(
        "webhook_delivery",
        id="bigint",
        webhook_id="text",
        event_id="text",
        type="text",
        subject="text",
        event="jsonb",
        created_at="timestamptz",
        attempts="integer",
        next_attempt_at="timestamptz",
        give_up_at="timestamptz",
        delivered_at="timestamptz",
        failed_at="timestamptz",
        last_status="integer",
        last_error="text",
    ),
    # 0009
    _columns(
        "dead_letter",
        "id topic partition record_offset item received_at stored_at provider kind code detail payload payload_format"
        " payload_complete place traceparent replayed_at replayed_by replay_outcome",
        door="NULL::text",
        context="NULL::jsonb",
    ),
    _table(
        "device",
        id="bigint",
        provider_id="integer",
        door="text",
        application="text",
        key="text",
        mapping="jsonb",
        updated_at="timestamptz",
    ),
    # 0010
    _table(
        "file_import",
        id="bigint",
        provider_id="integer",
        name="text",
        size="bigint",
        received="bigint",
        state="text",
        options="jsonb",
        preview="jsonb",
        mapping="jsonb",
        checked="jsonb",
        progress="jsonb",
        report="jsonb",
        fault="jsonb",
        checkpoint="jsonb",
        created_at="timestamptz",
        created_by="text",
        touched_at="timestamptz",
        started_at="timestamptz",
        ended_at="timestamptz",
        worker="text",
        lease_until="timestamptz",
        attempts="integer",
    ),
    _table("file_import_piece", import_id="bigint", start="bigint", data="bytea"),
    _table("file_import_error", import_id="bigint", start="bigint", data="bytea"),
    # 0011
    _table(
        "read_only_mode",
        one="boolean",
        since="timestamptz",
        ends_at="timestamptz",
        reason="text",
        started_by="text",
    ),
)
"""All that was added since the last release; `tests/integration/db/test_additions.py` compares it with the database."""

WIDENED: Final = frozenset({"operator_role_check", "api_key_scopes_check"})
"""Constraints that allow more than they did in the last release."""
