"""Service events from files: a row is a case."""

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fansipan_bulk import (
    Answer,
    Fault,
    ImportOptions,
    MappingFault,
    check,
    converter_for,
    open_source,
    parse_mapping,
    run_import,
)

NOW = datetime(2026, 7, 1, tzinfo=UTC)
CASES: dict[str, Any] = {
    "time": {"column": "Tiếp nhận", "format": "day-first"},
    "values": {
        "form": "events",
        "source": "/agencies/lao-cai/one-stop",
        "events": [
            {
                "type": "vn.fansipan.dossier.received.v1",
                "data": {
                    "dossierId": "Mã hồ sơ",
                    "agency": {"value": "UBND-02647"},
                    "procedure": "Thủ tục",
                    "channel": {
                        "column": "Hình thức",
                        "words": {"Trực tuyến": "online", "Trực tiếp": "in-person"},
                    },
                    "dueAt": {"column": "Hẹn trả", "kind": "time"},
                    "hasFee": {"column": "Phí", "kind": "boolean"},
                },
            },
            {
                "type": "vn.fansipan.dossier.returned.v1",
                "time": "Trả",
                "data": {"dossierId": "Mã hồ sơ", "agency": {"value": "UBND-02647"}},
            },
        ],
    },
}
HEADER = "Mã hồ sơ,Thủ tục,Hình thức,Tiếp nhận,Hẹn trả,Trả,Phí\n"


def write(folder: Path, rows: str) -> Path:
    path = folder / "cases.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    return path


def convert(path: Path, max_items: int = 100) -> tuple[list[dict[str, Any]], list[Fault]]:
    mapping = parse_mapping(CASES)
    events: list[dict[str, Any]] = []
    faults: list[Fault] = []
    with closing(open_source(path)) as source:
        converter = converter_for(mapping, source.columns, clock=lambda: NOW)
        for block in source.blocks():
            converted = converter.convert(block)
            faults += converted.faults
            for body in converted.items.bodies(max_items, 100_000):
                assert body.count == len(json.loads(body.data)) <= max_items
                events += json.loads(body.data)
    return events, faults


def test_each_time_of_a_case_is_an_event(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "H1,1.004194,Trực tuyến,01/06/2026 08:00,05/06/2026 17:00,04/06/2026 09:00,có\n"
        "H2,1.004194,in-person,02/06/2026 08:00,,,\n,,,,,,\n",
    )

    events, faults = convert(path, max_items=2)

    assert faults == []
    assert [(event["id"], event["time"]) for event in events] == [
        ("H1:dossier.received", "2026-06-01T01:00:00.000Z"),
        ("H1:dossier.returned", "2026-06-04T02:00:00.000Z"),
        ("H2:dossier.received", "2026-06-02T01:00:00.000Z"),
    ]
    assert events[0]["source"] == "/agencies/lao-cai/one-stop"
    assert events[0]["data"] == {
        "dossierId": "H1",
        "agency": "UBND-02647",
        "procedure": "1.004194",
        "channel": "online",
        "dueAt": "2026-06-05T10:00:00.000Z",
        "hasFee": True,
    }
    assert events[2]["data"].keys() == {"dossierId", "agency", "procedure", "channel"}
    report = check(path, parse_mapping(CASES), clock=lambda: NOW)
    assert (report.rows, report.blank_rows, report.observations, report.missing) == (2, 1, 3, 1)


def test_what_is_wrong_with_a_case_is_told_by_line(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "H1,p,Trực tuyến,soon,,,\nH2,p,by pigeon,01/06/2026,,,\nH3,p,online,01/06/2026,never,,\n"
        "H4,p,online,01/06/2026,,,maybe\nNguyễn Văn A,p,online,01/06/2026,,,\nH6,p,online,01/06/2036,,,\n",
    )

    events, faults = convert(path)

    assert events == []
    assert [(fault.line, fault.column, fault.code) for fault in faults] == [
        (2, "Tiếp nhận", "time-invalid"),
        (3, "", "event-invalid"),
        (4, "Hẹn trả", "time-invalid"),
        (5, "Phí", "boolean-invalid"),
        (6, "", "event-invalid"),
        (7, "Tiếp nhận", "time-in-future"),
    ]
    assert "channel" in faults[1].detail


async def test_events_go_only_where_they_are_taken(tmp_path: Path) -> None:
    path = write(tmp_path, "H1,p,online,01/06/2026,,,\n")
    sent: list[bytes] = []

    async def observations(body: bytes, items: int) -> Answer:
        raise AssertionError("these are no observations")

    async def events(body: bytes, items: int) -> Answer:
        sent.append(body)
        return Answer(items)

    with pytest.raises(MappingFault) as fault:
        await run_import(path, parse_mapping(CASES), observations, ImportOptions())
    assert fault.value.code == "mapping-form"
    outcome = await run_import(path, parse_mapping(CASES), observations, ImportOptions(), post_events=events)
    assert (outcome.report.accepted, json.loads(sent[0])[0]["id"]) == (1, "H1:dossier.received")


def test_a_field_of_an_event_needs_its_column(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text("Mã hồ sơ,Tiếp nhận\nH1,01/06/2026\n")
    with pytest.raises(MappingFault, match="no column 'Thủ tục'"):
        check(path, parse_mapping(CASES))
