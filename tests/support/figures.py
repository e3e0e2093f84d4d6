"""Definitions and figures in a database, written as analytics writes them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import orjson

from fansipan_indicators.definitions import Definition, band_of
from fansipan_indicators.periods import Period, parse_period

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def ratio_formula() -> dict[str, Any]:
    """Dossiers in time out of those handled."""
    return {"kind": "case-ratio", "numerator": {"set": "onTime"}, "denominator": {"set": "handled"}}


def statistic_formula(name: str = "pm25") -> dict[str, Any]:
    """The mean of a property."""
    return {"kind": "statistic", "property": name, "statistic": "mean"}


class FigureWriter:
    """Writes definitions, and figures as revisions: the present one, with those it replaced kept.

    Args:
        connection: to the database as its owner; reads JSON as Python values.
    """

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self._connection = connection
        self._definitions: dict[int, Definition] = {}

    async def define(
        self,
        key: str,
        *,
        formula: dict[str, Any] | None = None,
        version: int = 1,
        since: date = date(2020, 1, 1),
        until: date | None = None,
        periods: tuple[str, ...] = ("month", "day", "quarter", "year"),
        subjects: tuple[str, ...] = ("commune", "province", "agency", "procedure"),
        version_fields: dict[str, Any] | None = None,
        **fields: Any,
    ) -> int:
        """Add a version of an indicator; returns its id."""
        document = {
            "id": key,
            "names": {"vi": f"Chỉ số {key}", "en": f"Indicator {key}"},
            "description": {"vi": "Mô tả", "en": "Description"},
            "group": "public-services",
            "unit": {"symbol": "%"},
            "direction": "higher-is-better",
            **fields,
            "versions": [
                {
                    "version": version,
                    "effectiveFrom": since.isoformat(),
                    "effectiveTo": None if until is None else until.isoformat(),
                    "periods": list(periods),
                    "subjects": list(subjects),
                    "formula": formula or ratio_formula(),
                    **(version_fields or {}),
                }
            ],
        }
        definition = Definition.model_validate(document)
        definition_id: int = await self._connection.fetchval(
            "INSERT INTO indicator_definition (key, version, digest, lane, document, public, effective_from,"
            " effective_to) VALUES ($1, $2, $3, 'cases', $4, $5, $6, $7) RETURNING id",
            key,
            version,
            f"digest-{key}-{version}",
            definition.model_dump(mode="json", by_alias=True),
            definition.public,
            since,
            until,
        )
        self._definitions[definition_id] = definition
        return definition_id

    async def subject(self, kind: str, key: str) -> int:
        """The id of a subject; it is made when missing."""
        return await self._connection.fetchval(
            "INSERT INTO indicator_subject (kind, key) VALUES ($1, $2)"
            " ON CONFLICT (kind, key) DO UPDATE SET key = excluded.key RETURNING id",
            kind,
            key,
        )

    async def put(
        self,
        definition_id: int,
        subject_id: int,
        period: str | Period,
        value: float | None,
        *,
        known_from: datetime = LONG_AGO,
        reason: str = "new-data",
        numerator: float | None = None,
        denominator: float | None = None,
        sample_count: int = 10,
        completeness: float | None = None,
        details: dict[str, Any] | None = None,
    ) -> int:
        """Add a revision of a figure; returns its number."""
        at = parse_period(period) if isinstance(period, str) else period
        place = (definition_id, subject_id, at.kind.value, at.start)
        band = band_of(self._definitions[definition_id].versions[0].bands, value)
        async with self._connection.transaction():
            revision: int | None = await self._connection.fetchval(
                "WITH gone AS (DELETE FROM indicator_value WHERE definition_id = $1 AND subject_id = $2"
                " AND period = $3 AND period_start = $4 RETURNING *)"
                " INSERT INTO indicator_revision SELECT gone.*, $5 FROM gone RETURNING revision",
                *place,
                known_from,
            )
            number = (revision or 0) + 1
            await self._connection.execute(
                "INSERT INTO indicator_value (definition_id, subject_id, period, period_start, revision, value, band,"
                " numerator, denominator, sample_count, completeness, details, reason, known_from)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
                *place,
                number,
                value,
                None if band is None else band.key,
                numerator,
                denominator,
                sample_count,
                completeness,
                details or {},
                reason,
                known_from,
            )
            return number

    async def restate(
        self,
        label: str,
        definition_id: int,
        subject_id: int,
        value: float | None,
        *,
        reason: str = "correction",
    ) -> None:
        """Change a figure of a closed period, with its entry in the ledger."""
        revision = await self.put(
            definition_id, subject_id, label, value, known_from=datetime.now(UTC), reason=reason
        )
        await self._connection.execute(
            "INSERT INTO restatement (close_id, definition_id, subject_id, revision, closed_value, value, reason)"
            " SELECT c.id, $2, $3, $4, (SELECT v.value FROM closed_value v WHERE v.close_id = c.id"
            " AND v.definition_id = $2 AND v.subject_id = $3), $5, $6 FROM period_close c WHERE c.label = $1",
            label,
            definition_id,
            subject_id,
            revision,
            value,
            reason,
        )


async def connect_as_owner(url: str) -> "asyncpg.Connection[Any]":
    """A connection that reads and writes JSON as Python values."""
    connection = await asyncpg.connect(url, timeout=10.0, server_settings={"timezone": "UTC"})
    await connection.set_type_codec(
        "jsonb",
        encoder=lambda value: orjson.dumps(value).decode(),
        decoder=orjson.loads,
        schema="pg_catalog",
    )
    return connection


def hours_ago(hours: float) -> datetime:
    """A moment before now."""
    return datetime.now(UTC) - timedelta(hours=hours)
