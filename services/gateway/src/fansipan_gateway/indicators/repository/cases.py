"""The cases behind a figure: those of its subject that the period can count at all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg
from pydantic import TypeAdapter

from fansipan_common.contracts import ServiceEventType
from fansipan_common.contracts.moment import Moment
from fansipan_common.db import Database
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.indicators.domain.subjects import Subject
from fansipan_indicators.cases import Case, case_of_dossier, case_of_petition, case_of_rating, case_of_usage
from fansipan_indicators.formulas import CaseKind
from fansipan_indicators.periods import Period

_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(Moment)


# Cases of a former unit count for the one that holds all its ground now, and all count for the province.
def _subject(agency: str, procedure: str, area: str, *, first: int = 5) -> str:
    """Conditions that cases are of a subject, whose agency, procedure and area are the parameters from `first` on."""
    code = f"${first + 2}"
    communes = f"SELECT code FROM area WHERE parent_code = {code}"
    areas = f"""
SELECT {code}::text UNION {communes}
UNION SELECT old_code FROM area_succession
       WHERE relation = 'whole' AND (new_code = {code} OR new_code IN ({communes}))"""
    return f"""
   AND (${first}::text IS NULL OR {agency} = ${first}) AND (${first + 1}::text IS NULL OR {procedure} = ${first + 1})
   AND ({code}::text IS NULL OR EXISTS (SELECT FROM area WHERE code = {code} AND parent_code IS NULL)
        OR {area} IN ({areas}))"""


def _seen(provider: str, agency: str, area: str, first: int) -> str:
    """Conditions of which cases are seen; the parameters from `first` on are those of `_arguments`."""
    return f"""(${first}::boolean AND (${first + 1}::int IS NULL OR {provider} = ${first + 1})
   AND (${first + 2}::text[] IS NULL OR {area} = ANY(${first + 2}))
   AND (${first + 3}::text[] IS NULL OR {agency} = ANY(${first + 3})))"""


def _arguments(visibility: Visibility) -> tuple[bool, int | None, list[str] | None, list[str] | None]:
    return (
        visibility.sees_cases,
        visibility.own_provider_id,
        visibility.case_areas,
        visibility.case_agencies,
    )


def _folded(table: str, key: str, procedure: str) -> str:
    """Cases that were received before the end and had not ended before the begin; those not yet received, by their
    newest event."""
    return f"""
SELECT c.*, p.key AS provider FROM {table} c JOIN provider p ON p.id = c.provider_id
 WHERE ((c.received_at < $2 AND (c.finished_at IS NULL OR greatest(c.finished_at, c.received_at) >= $1))
        OR (c.received_at IS NULL AND c.last_event_at >= $1 AND c.last_event_at < $2))
   AND (c.provider_id, c.{key}) > ($3::int, $4::text)
   AND {_seen("c.provider_id", "c.agency", "c.area_code", 9)} {_subject("c.agency", procedure, "c.area_code")}
 ORDER BY c.provider_id, c.{key} LIMIT $8"""


def _events(event_type: ServiceEventType, at: str) -> str:
    agency, procedure, area = (f"(e.data ->> '{name}')" for name in ("agency", "procedure", "area"))
    return f"""
SELECT e.provider_id, e.source, e.event_id, e.time, e.data, p.key AS provider
  FROM service_event e JOIN provider p ON p.id = e.provider_id
 WHERE e.type = '{event_type.value}' AND {at} >= $1 AND {at} < $2
   AND (e.provider_id, e.source || ' ' || e.event_id) > ($3::int, $4::text)
   AND {_seen("e.provider_id", agency, area, 9)} {_subject(agency, procedure, area)}
 ORDER BY e.provider_id, e.source || ' ' || e.event_id LIMIT $8"""


_QUERIES: Final[dict[CaseKind, str]] = {
    "dossier": _folded("dossier", "dossier_id", "c.procedure"),
    "petition": _folded("petition", "petition_id", "NULL::text"),
    "rating": _events(ServiceEventType.RATING_SUBMITTED, "e.time"),
    "usage": _events(ServiceEventType.USAGE_COUNTED, "(e.data ->> 'periodStart')::timestamptz"),
}
_NAMED: Final = f"""
SELECT c.*, p.key AS provider FROM unnest($1::text[], $2::text[]) AS k (provider, dossier_id)
  JOIN provider p ON p.key = k.provider
  JOIN dossier c ON c.provider_id = p.id AND c.dossier_id = k.dossier_id
 WHERE {_seen("c.provider_id", "c.agency", "c.area_code", 6)}
   {_subject("c.agency", "c.procedure", "c.area_code", first=3)}
"""


class CaseRepository:
    """Reads `dossier`, `petition` and, of `service_event`, ratings and counts of usage."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch(
        self,
        kind: CaseKind,
        subject: Subject,
        period: Period,
        visibility: Visibility,
        *,
        after: tuple[int, str],
        limit: int,
    ) -> list[tuple[str, Case]]:
        """Cases of a subject that a period can count, each with its provider's key; in the order (provider, id)."""
        agency, procedure, area = _parts(subject)
        rows = await self._database.fetch(
            _QUERIES[kind],
            period.start,
            period.end,
            *after,
            agency,
            procedure,
            area,
            limit,
            *_arguments(visibility),
        )
        return [(row["provider"], _case(kind, row)) for row in rows]

    async def fetch_dossiers(
        self, names: Sequence[tuple[str, str]], subject: Subject, visibility: Visibility
    ) -> list[tuple[str, Case]]:
        """Dossiers of a subject by (provider key, dossier id), each with its provider's key; others are left out."""
        rows = await self._database.fetch(
            _NAMED,
            [name[0] for name in names],
            [name[1] for name in names],
            *_parts(subject),
            *_arguments(visibility),
        )
        return [(row["provider"], case_of_dossier(dict(row))) for row in rows]


def _case(kind: CaseKind, record: "asyncpg.Record") -> Case:
    row: dict[str, Any] = dict(record)
    match kind:
        case "dossier":
            return case_of_dossier(row)
        case "petition":
            return case_of_petition(row)
        case "rating":
            return case_of_rating(row)
        case "usage":
            return case_of_usage(row, _MOMENT.validate_python(row["data"]["periodStart"]))


def _parts(subject: Subject) -> tuple[str | None, str | None, str | None]:
    """Agency, procedure and area of a subject."""
    match subject.kind:
        case "area":
            return None, None, subject.key
        case "agency":
            return subject.key, None, None
        case "procedure":
            return None, subject.key, None
        case "agency-procedure":
            agency, procedure = subject.key.split("|", 1)
            return agency, procedure, None
        case "area-procedure":
            area, procedure = subject.key.split("|", 1)
            return None, procedure, area
        case "thing":
            return None, None, None
