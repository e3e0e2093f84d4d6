"""Why a value: its definition, what it was made of and what was left out, and how it came to be."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from tests.support.figures import FigureWriter, connect_as_owner, statistic_formula

from fansipan_gateway.indicators.schemas.explanations import ExplanationItem

_DAY = "2026-07-02"
_DOSSIER = (
    "INSERT INTO dossier (provider_id, dossier_id, state, agency, area_code, procedure, received_at, finished_at,"
    " late_at, supplement_count, paused_seconds, attributes, last_event_at, event_count)"
    " VALUES (1, $1, 'in-progress', 'A', $2, 'P1', $3::timestamptz, $4, $5, 0, 0, '{}',"
    " coalesce($3::timestamptz, $6), 1)"
)


def _july(day: int) -> datetime:
    return datetime(2026, 7, day, 3, tzinfo=UTC)


# id, area, received, finished, late from, newest event
_DOSSIERS = [
    ("in-time", "02671", _july(1), _july(5), _july(9)),
    ("late", "02671", _july(1), _july(12), _july(9)),
    ("still-open-and-late", "02671", _july(3), None, _july(20)),
    ("from-june", "02658", datetime(2026, 6, 20, tzinfo=UTC), _july(2), None),
    ("ended-in-june", "02671", datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 3, tzinfo=UTC), None),
    ("announced", "02671", None, None, None),
    ("elsewhere", "02683", _july(4), _july(5), _july(9)),
]


@pytest.fixture(scope="module")
async def owner(world: Any) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    connection = await connect_as_owner(world.url)
    yield connection
    await connection.close()


@pytest.fixture(scope="module", autouse=True)
async def writer(owner: "asyncpg.Connection[Any]") -> FigureWriter:
    writer = FigureWriter(owner)
    subject = writer.subject
    commune, station = await subject("area", "02671"), await subject("thing", "demo/s1")
    dust = await writer.define(
        "dust",
        formula={
            **statistic_formula(),
            "completeness": {"expectedIntervalSeconds": 60, "minimum": 50},
        },
        periods=("day", "hour"),
        subjects=("thing", "commune"),
        sources=[{"title": "QCVN 05:2023", "article": "Bảng 1"}],
        version_fields={
            "areas": {"combine": "max"},
            "disputed": [{"vi": "Còn tranh luận", "en": "Disputed"}],
        },
    )
    await writer.put(
        dust, station, _DAY, 30.0, numerator=28_800.0, denominator=960.0, sample_count=960, completeness=0.67
    )
    await writer.put(
        dust,
        station,
        _DAY,
        30.5,
        numerator=29_280.0,
        denominator=960.0,
        known_from=datetime(2026, 7, 4, tzinfo=UTC),
        reason="correction",
    )
    await writer.put(dust, commune, _DAY, 30.5, details={"from": "demo/s1", "things": 1})
    await writer.put(dust, await subject("thing", "other/x"), _DAY, 99.0)  # in another commune
    await owner.execute(
        "INSERT INTO observation_history (datastream_id, phenomenon_time, result, replaced_at)"
        " SELECT 1, '2026-07-01T18:00Z'::timestamptz + i * interval '1 minute', 7, '2026-07-04'"
        " FROM generate_series(0, 4) i"
    )
    on_time = await writer.define("on-time")
    for code in ("02671", "15"):
        await writer.put(
            on_time,
            await subject("area", code),
            "2026-07",
            50.0,
            numerator=2.0,
            denominator=4.0,
            sample_count=4,
        )
    await owner.executemany(_DOSSIER, [(*row, _july(10)) for row in _DOSSIERS])
    await owner.execute(
        "TRUNCATE area_succession;"
        "INSERT INTO area_succession VALUES ('02658', '02671', 'Phường Nam Cường', 'Lào Cai', 'Lào Cai', 'whole',"
        " '2025-07-01')"
    )
    await writer.define("hidden", public=False)
    score = await writer.define(
        "score",
        formula={
            "kind": "weighted-score",
            "components": [
                {"indicator": "on-time", "maximum": 20, "fullAt": 100, "assumed": True},
                {"indicator": "hidden", "maximum": 10},
            ],
        },
    )
    components = [
        {
            "indicator": "on-time",
            "value": 50.0,
            "points": 10.0,
            "maximum": 20.0,
            "fullAt": 100.0,
            "assumed": True,
        },
        {"indicator": "hidden", "value": 3.0, "points": 3.0, "maximum": 10.0},
    ]
    await writer.put(score, commune, "2026-07", 13.0, details={"components": components})
    return writer


async def _explain(client: httpx.AsyncClient, path: str, **options: Any) -> dict[str, Any]:
    response = await client.get(f"/v1/indicators/{path}/explain", **options)
    assert response.status_code == 200, response.text
    ExplanationItem.model_validate(response.json())
    return response.json()


async def _all_inputs(
    client: httpx.AsyncClient, path: str, limit: int, auth: tuple[str, str]
) -> list[dict[str, Any]]:
    page = await _explain(client, path, params={"limit": limit}, auth=auth)
    items = page["inputs"]["items"]
    while page["next"] is not None:
        page = (await client.get(page["next"], auth=auth)).json()
        items += page["inputs"]["items"]
    return items


async def test_a_figure_comes_with_its_law_and_its_formula_in_words(gateway: httpx.AsyncClient) -> None:
    why = await _explain(gateway, f"dust/values/thing:demo/s1/{_DAY}")
    definition = why["definition"]
    assert definition["sources"][0]["title"] == "QCVN 05:2023"
    assert definition["inWords"] == {
        "vi": "Trung bình của số đo pm25 trong kỳ. Không có giá trị khi nhận được dưới 50 % số đo dự kiến.",
        "en": "The mean of pm25 in the period. No value when less than 50 % of the expected readings came.",
    }
    assert definition["disputed"] == [{"vi": "Còn tranh luận", "en": "Disputed"}]
    assert why["numerator"] == {
        "value": 29_280.0,
        "counts": {"vi": "Tổng các số đo", "en": "The sum of the readings"},
    }
    assert why["denominator"]["value"] == 960.0
    assert (why["completeness"]["minimumPercent"], why["completeness"]["expectedIntervalSeconds"]) == (50, 60)


async def test_readings_are_those_of_the_period_with_what_was_left_out(gateway: httpx.AsyncClient) -> None:
    """The 2nd of July in Việt Nam begins at 17:00 UTC of the 1st: 1,440 minutes, every third marked bad."""
    why = await _explain(gateway, f"dust/values/thing:demo/s1/{_DAY}")
    inputs = why["inputs"]
    assert [one["key"] for one in inputs["datastreams"]] == ["demo/s1/pm25"]
    assert (inputs["granularity"], inputs["start"], inputs["end"]) == (
        "1d",
        "2026-07-01T17:00:00.000Z",
        "2026-07-02T17:00:00.000Z",
    )
    assert [bucket["count"] for bucket in inputs["items"]] == [960]
    assert inputs["excluded"] == [
        {"reason": "quality-bad", "count": 480},
        {"reason": "not-a-number", "count": 0},
    ]


async def test_corrections_come_in_pages_of_their_own(gateway: httpx.AsyncClient) -> None:
    why = await _explain(gateway, f"dust/values/thing:demo/s1/{_DAY}", params={"limit": 3})
    rest = (await gateway.get(why["nextCorrections"])).json()
    assert (len(why["inputs"]["corrections"]), len(rest["inputs"]["corrections"])) == (3, 2)
    assert rest["nextCorrections"] is None
    first = why["inputs"]["corrections"][0]
    assert (first["was"], first["isNow"] != 7, first["phenomenonTime"]) == (
        7,
        True,
        "2026-07-01T18:00:00.000Z",
    )


async def test_revisions_say_since_when_and_why_and_as_of_when(gateway: httpx.AsyncClient) -> None:
    why = await _explain(gateway, f"dust/values/thing:demo/s1/{_DAY}")
    assert [(r["revision"], r["value"], r["reason"], r["supersededAt"]) for r in why["revisions"]] == [
        (2, 30.5, "correction", None),
        (1, 30.0, "new-data", "2026-07-04T00:00:00.000Z"),
    ]
    before = await _explain(
        gateway, f"dust/values/thing:demo/s1/{_DAY}", params={"asOf": "2026-07-03T00:00:00Z"}
    )
    assert (before["figure"]["value"], len(before["revisions"])) == (30.0, 1)


async def test_an_area_names_the_things_and_the_one_that_decided(gateway: httpx.AsyncClient) -> None:
    inputs = (await _explain(gateway, f"dust/values/02671/{_DAY}"))["inputs"]
    assert (inputs["kind"], inputs["combine"]) == ("things", "max")
    (thing,) = inputs["items"]
    assert (thing["subject"]["key"], thing["value"], thing["used"], thing["decisive"]) == (
        "demo/s1",
        30.5,
        True,
        True,
    )


async def test_every_case_says_whether_it_counts_and_why_not(gateway: httpx.AsyncClient, world: Any) -> None:
    inputs = await _all_inputs(gateway, "on-time/values/02671/2026-07", 2, world.operator)
    cases = {case["id"]: case for case in inputs}
    assert {
        name: (case["inNumerator"], case["notInNumerator"], case["inDenominator"], case["notInDenominator"])
        for name, case in cases.items()
    } == {
        "in-time": (True, None, True, None),
        "late": (False, "late", True, None),
        "still-open-and-late": (False, "late", True, None),
        "from-june": (True, None, True, None),  # of a former unit whose ground is the commune's now
        "announced": (False, "not-received", False, "not-received"),
    }
    assert cases["late"]["provider"] == "demo"


async def test_all_cases_count_for_the_province(gateway: httpx.AsyncClient, world: Any) -> None:
    inputs = await _all_inputs(gateway, "on-time/values/15/2026-07", 100, world.operator)
    names = {case["id"] for case in inputs}
    assert names == {row[0] for row in _DOSSIERS} - {"ended-in-june"}


async def test_a_key_sees_the_cases_of_its_own_provider_only(world: Any, serve: Any) -> None:
    async with serve(world.url) as closed:
        path = "on-time/values/02671/2026-07"
        own = await _explain(closed, path, headers={"Authorization": f"Bearer {world.reader}"})
        foreign = await _explain(closed, path, headers={"Authorization": f"Bearer {world.stranger}"})
        assert (len(own["inputs"]["items"]), len(foreign["inputs"]["items"])) == (5, 0)
        readings = await _explain(
            closed, f"dust/values/thing:demo/s1/{_DAY}", headers={"Authorization": f"Bearer {world.stranger}"}
        )
        assert (readings["inputs"]["items"], readings["inputs"]["hidden"]) == ([], 1)


async def test_a_score_shows_its_components_but_not_what_is_not_public(
    world: Any, gateway: httpx.AsyncClient
) -> None:
    why = await _explain(gateway, "score/values/02671/2026-07")
    first, second = why["inputs"]["items"]
    assert (first["indicator"], first["points"], first["maximum"], first["fullAt"]) == (
        "on-time",
        10.0,
        20.0,
        100.0,
    )
    assert (second["hidden"], second["value"]) == (True, None)
    assert "components" not in why["details"]
    assert why["definition"]["assumed"] == [{"indicator": "on-time", "maximum": 20, "fullAt": 100}]
    operator = await _explain(gateway, "score/values/02671/2026-07", auth=world.operator)
    assert (operator["inputs"]["items"][1]["hidden"], operator["inputs"]["items"][1]["value"]) == (False, 3.0)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("dust/values/thing:demo/s1/2026-07-03", (404, "not-found")),
        ("dust/values/thing:demo/nothing/2026-07-02", (404, "not-found")),
        ("dust/values/99999/2026-07-02", (404, "not-found")),
        ("dust/values/02671/2019-07-02", (404, "not-found")),
        ("dust/values/02671/2026-07", (400, "invalid-period")),
        ("dust/values/02671/July", (400, "invalid-period")),
        ("dust/values/agency:A/2026-07-02", (400, "not-computed")),
        ("nothing/values/02671/2026-07-02", (404, "not-found")),
    ],
)
async def test_what_cannot_be_explained_is_a_clear_problem(
    gateway: httpx.AsyncClient, path: str, expected: tuple[int, str]
) -> None:
    response = await gateway.get(f"/v1/indicators/{path}/explain")
    assert (response.status_code, response.json()["code"]) == expected
