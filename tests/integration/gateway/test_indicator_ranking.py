"""Rankings of subjects by an indicator, and all indicators of a subject."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.support.figures import FigureWriter, connect_as_owner, hours_ago

from fansipan_gateway.indicators.schemas.figures import CardList, Ranking
from fansipan_indicators.periods import Period, PeriodKind, period_at

_NOW = period_at(PeriodKind.MONTH, datetime.now(UTC))


def _months_back(count: int) -> Period:
    period = _NOW
    for _ in range(count):
        period = period_at(PeriodKind.MONTH, period.start - timedelta(days=1))
    return period


@pytest.fixture(scope="module", autouse=True)
async def writer(world: Any) -> AsyncGenerator[FigureWriter]:
    connection = await connect_as_owner(world.url)
    writer = FigureWriter(connection)
    ranked = await writer.define("ranked", periods=("month",), decimals=1)
    figures: dict[str, tuple[float | None, int]] = {
        "02671": (90.04, 0),  # the same as the next, at one decimal
        "02647": (90.0, 0),
        "02746": (95.0, 0),
        "02683": (80.0, 1),  # its newest figure is of the month before
        "02752": (None, 0),
        "02680": (99.0, 30),  # too long ago
        "15": (88.0, 0),
        "02635": (100.0, 0),  # merged: not among today's communes
    }
    for code, (value, back) in figures.items():
        await writer.put(ranked, await writer.subject("area", code), _months_back(back), value)
    await writer.put(ranked, await writer.subject("area", "02746"), _months_back(1), 93.0)
    await writer.put(ranked, await writer.subject("area", "02671"), _months_back(2), 10.0)
    lower = await writer.define("backlog", direction="lower-is-better", periods=("month",), decimals=0)
    for agency, value in (("A", 5.0), ("B", 3.0), ("C", 5.0), ("D", 9.0)):
        await writer.put(lower, await writer.subject("agency", agency), _NOW, value, known_from=hours_ago(5))
    await writer.put(lower, await writer.subject("agency", "B"), _NOW, 20.0, known_from=hours_ago(1))
    await writer.put(
        await writer.define("counted", direction="none", periods=("month",)),
        await writer.subject("area", "15"),
        _NOW,
        7.0,
    )
    yield writer
    await connection.close()


async def _ranking(gateway: httpx.AsyncClient, indicator: str, **query: Any) -> dict[str, Any]:
    response = await gateway.get(f"/v1/indicators/{indicator}/latest", params=query)
    assert response.status_code == 200, response.text
    Ranking.model_validate(response.json())
    return response.json()


def _places(ranking: dict[str, Any]) -> list[tuple[int | None, str]]:
    return [(item["rank"], item["subject"]["key"]) for item in ranking["items"]]


async def test_ties_share_a_rank_and_what_has_no_value_comes_last(gateway: httpx.AsyncClient) -> None:
    ranking = await _ranking(gateway, "ranked", by="area")
    assert _places(ranking) == [(1, "02746"), (2, "02647"), (2, "02671"), (4, "02683"), (None, "02752")]
    assert ranking["total"] == 5
    assert ranking["items"][3]["period"] == _months_back(1).label


async def test_the_province_stands_beside_its_communes(gateway: httpx.AsyncClient) -> None:
    province = (await _ranking(gateway, "ranked", by="area"))["province"]
    assert (province["subject"]["key"], province["value"]) == ("15", 88.0)


async def test_change_is_against_the_period_just_before(gateway: httpx.AsyncClient) -> None:
    items = {i["subject"]["key"]: i for i in (await _ranking(gateway, "ranked"))["items"]}
    assert (items["02746"]["previous"], items["02746"]["change"]) == (93.0, 2.0)
    assert (items["02671"]["previous"], items["02671"]["change"]) == (None, None)  # two months before


async def test_the_lowest_is_first_where_that_is_better_and_as_known_then(gateway: httpx.AsyncClient) -> None:
    now = await _ranking(gateway, "backlog", by="agency")
    before = await _ranking(gateway, "backlog", by="agency", asOf=hours_ago(3).isoformat())
    assert _places(now) == [(1, "A"), (1, "C"), (3, "D"), (4, "B")]
    assert _places(before) == [(1, "B"), (2, "A"), (2, "C"), (4, "D")]


async def test_pages_are_of_one_moment(gateway: httpx.AsyncClient, follow: Any, writer: FigureWriter) -> None:
    first = await _ranking(gateway, "backlog", by="agency", limit=2)
    definition = await writer.define("other")
    await writer.put(definition, await writer.subject("agency", "A"), _NOW, 1.0)
    rest = (await gateway.get(first["next"])).json()
    assert _places(first) + _places(rest) == [(1, "A"), (1, "C"), (3, "D"), (4, "B")]
    assert rest["next"] is None
    assert len(await follow("/v1/indicators/backlog/latest", by="agency", limit=3)) == 4


async def test_without_a_direction_nobody_is_ranked(gateway: httpx.AsyncClient) -> None:
    ranking = await _ranking(gateway, "counted", by="area")
    assert (ranking["items"], ranking["province"]["value"]) == ([], 7.0)


async def test_all_indicators_of_a_subject(gateway: httpx.AsyncClient) -> None:
    response = await gateway.get("/v1/indicators/latest", params={"subject": "15"})
    CardList.model_validate(response.json())
    assert [(card["indicator"], card["value"]) for card in response.json()["items"]] == [
        ("counted", 7.0),
        ("ranked", 88.0),
    ]
    none = await gateway.get("/v1/indicators/latest", params={"subject": "15", "group": "traffic"})
    assert none.json()["items"] == []
    unknown = await gateway.get("/v1/indicators/latest", params={"subject": "agency:nobody"})
    assert unknown.status_code == 404


async def test_it_is_not_ranked_by_what_it_is_not_computed_for(gateway: httpx.AsyncClient) -> None:
    response = await gateway.get("/v1/indicators/ranked/latest", params={"by": "thing"})
    assert (response.status_code, response.json()["code"]) == (400, "not-computed")
