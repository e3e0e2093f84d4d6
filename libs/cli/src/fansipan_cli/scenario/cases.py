"""CSV rows as dossiers: when one was received, is due, and how it ended."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fansipan_cli.errors import UsageError
from fansipan_cli.scenario.model import Dossiers
from fansipan_cli.scenario.readings import parse_time, read_rows, time_text
from fansipan_cli.scenario.timeline import Timeline
from fansipan_common.contracts import ServiceEventType


@dataclass(frozen=True, slots=True)
class Case:
    """A row: recorded times in ms and what its events say."""

    id: str
    received_ms: int
    due_ms: int | None
    finished_ms: int | None
    finished_type: ServiceEventType | None
    agency: str
    procedure: str
    channel: str
    area: str


def read_cases(path: Path, mapping: Dossiers) -> list[Case]:
    """All cases of a file, in its order.

    Raises:
        UsageError: the file cannot be read, lacks a column, or has a cell that the mapping does not know.
    """
    columns = [mapping.id_column, mapping.received, mapping.due, mapping.finished, mapping.procedure_column]
    columns += [m.column for m in (mapping.agency, mapping.channel, mapping.area, mapping.outcome)]
    cases: list[Case] = []
    for line, row in read_rows(path, columns):
        try:
            cases.append(_case(row, mapping))
        except KeyError as error:
            raise UsageError(f"{path.name}, line {line}: {error} is not in the mapping", "add it") from error
        except ValueError as error:
            raise UsageError(
                f"{path.name}, line {line}: {error}", "correct the file or the mapping"
            ) from error
    if not cases:
        raise UsageError(f"{path.name} has no row")
    return cases


def _case(row: dict[str, str], mapping: Dossiers) -> Case:
    finished = row[mapping.finished]
    return Case(
        id=f"{mapping.id_prefix}-{row[mapping.id_column]}",
        received_ms=parse_time(row[mapping.received], None),
        due_ms=parse_time(row[mapping.due], None) if row[mapping.due] else None,
        finished_ms=parse_time(finished, None) if finished else None,
        finished_type=mapping.finished_type(row[mapping.outcome.column]) if finished else None,
        agency=mapping.agency.get(row[mapping.agency.column]),
        procedure=f"{mapping.procedure_prefix}-{row[mapping.procedure_column] or 'other'}",
        channel=str(mapping.channel.get(row[mapping.channel.column])),
        area=mapping.area.get(row[mapping.area.column]),
    )


def case_events(
    case: Case, source: str, timeline: Timeline, turn: int = 0
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Time in ms and CloudEvent of each event of a case, placed on a timeline. Later turns are other dossiers."""
    dossier = case.id if turn == 0 else f"{case.id}.{turn}"
    common = {"dossierId": dossier, "agency": case.agency, "procedure": case.procedure, "area": case.area}
    received: dict[str, Any] = common | {"channel": case.channel}
    if case.due_ms is not None:
        received["dueAt"] = time_text(timeline.place(case.due_ms, turn))
    at_ms = timeline.place(case.received_ms, turn)
    yield at_ms, _event(f"{dossier}/received", source, ServiceEventType.DOSSIER_RECEIVED, at_ms, received)
    if case.finished_ms is not None and case.finished_type is not None:
        at_ms = timeline.place(case.finished_ms, turn)
        yield at_ms, _event(f"{dossier}/finished", source, case.finished_type, at_ms, common)


def _event(
    event_id: str, source: str, event_type: ServiceEventType, at_ms: int, data: dict[str, Any]
) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": str(event_type),
        "time": time_text(at_ms),
        "subject": data["dossierId"],
        "datacontenttype": "application/json",
        "data": data,
    }
