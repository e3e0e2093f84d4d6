"""Our own client against a gateway: what it gives is what the database holds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.support.figures import FigureWriter, connect_as_owner
from tests.support.gateway_client import client_of

from fansipan_client import AsyncClient, InvalidRequest, NotFound, NotLoggedIn, TooMuch, Unavailable
from fansipan_client.exchange import Retries
from fansipan_indicators.periods import PeriodKind, period_at

START = datetime(2026, 7, 1, tzinfo=UTC)
END = START + timedelta(days=62)
_MONTH = period_at(PeriodKind.MONTH, datetime.now(UTC))


@pytest.fixture(scope="module")
def fansipan(gateway: httpx.AsyncClient) -> AsyncClient:
    """A client of the gateway that everybody may read."""
    return client_of(gateway)


@pytest.fixture(scope="module", autouse=True)
async def figures(world: Any) -> None:
    """Two communes and the province, with figures of twelve months and of this one."""
    connection = await connect_as_owner(world.url)
    writer = FigureWriter(connection)
    definition = await writer.define("on-time")
    for place, code in enumerate(("15", "02647", "02671")):
        subject = await writer.subject("area", code)
        for month in range(1, 11):
            await writer.put(definition, subject, f"2025-{month:02}", 80.0 + month)
        await writer.put(definition, subject, _MONTH, 90.0 + place)
    await connection.close()


async def test_every_row_once_over_many_pages(fansipan: AsyncClient, database_url: str) -> None:
    seen = [
        (o.phenomenon_time, o.result, o.result_quality)
        async for o in fansipan.observations("demo/s1/pm25", start=START, end=END, limit=701)
    ]
    connection = await connect_as_owner(database_url)
    rows = await connection.fetch(
        "SELECT phenomenon_time, result, result_quality FROM observation WHERE datastream_id = 1 ORDER BY 1"
    )
    await connection.close()
    names = {None: None, 0: "good", 1: "suspect", 2: "bad"}
    assert seen == [(row[0], row[1], names[row[2]]) for row in rows]
    assert len(seen) == 6000


async def test_rollups_and_texts(fansipan: AsyncClient) -> None:
    first = START - timedelta(hours=7)  # days are those of Việt Nam
    days = [r async for r in fansipan.rollups("demo/s2/level", "1d", start=first, end=END, limit=7)]
    assert [day.sum for day in days] == [i * 1.5 for i in range(20)]
    notes = [o.result async for o in fansipan.observations("demo/s1/note", start=START, end=END)]
    assert notes[0] == 'note "0"'


async def test_latest_values_and_areas(fansipan: AsyncClient) -> None:
    newest = {o.datastream: o.result async for o in fansipan.latest(area="15", limit=1)}
    assert set(newest) == {"demo/s1/pm25", "demo/s1/note", "other/x/level"}
    communes = await fansipan.areas(parent="15", geometry=False)
    assert len(communes.features) == 99
    here = await fansipan.area_at(104.01, 22.42)
    assert (here.id, here.name) == ("02671", "Phường Cam Đường")


async def test_indicators_their_figures_and_why(fansipan: AsyncClient) -> None:
    assert [indicator.id async for indicator in fansipan.indicators()] == ["on-time"]
    assert (await fansipan.indicator("on-time")).in_words.en
    months = fansipan.values("on-time", "02671", period="month", start="2025-01", end="2025-10", limit=3)
    assert [(f.period, f.value) async for f in months] == [
        (f"2025-{month:02}", 80.0 + month) for month in range(1, 11)
    ]
    ranking = await fansipan.ranking("on-time", period="month", limit=1)
    assert [(r.rank, r.subject.key, r.value) for r in ranking.items] == [
        (1, "02671", 92.0),
        (2, "02647", 91.0),
    ]
    assert ranking.total == 2
    assert ranking.province is not None
    assert ranking.province.value == 90.0
    (card,) = [card async for card in fansipan.cards("02671", period="month")]
    assert (card.names.vi, card.value) == ("Chỉ số on-time", 92.0)
    explanation = await fansipan.explain("on-time", "02671", "2025-03")
    assert (explanation.figure.value, explanation.inputs["kind"]) == (83.0, "cases")
    assert [revision.revision for revision in explanation.revisions] == [1]
    data = await fansipan.open_data()
    assert [(item.id, item.latest and item.latest.value) for item in data.items] == [("on-time", 90.0)]
    assert [alert async for alert in fansipan.alerts(state=["open"])] == []


async def test_who_asks(world: Any, serve: Any) -> None:
    async with serve(world.url) as gateway:
        with pytest.raises(NotLoggedIn):
            await client_of(gateway).thing("demo/s1")
        keys = [d.key async for d in client_of(gateway, api_key=world.stranger).datastreams()]
        assert keys == ["other/x/level"]
        things = [t.key async for t in client_of(gateway, operator=world.operator).things(limit=1)]
        assert things == ["demo/s1", "demo/s2", "other/x"]
        assert (await client_of(gateway).open_data()).items


async def test_faults_by_their_family(fansipan: AsyncClient, serve: Any) -> None:
    with pytest.raises(NotFound) as missing:
        await anext(fansipan.observations(["demo/s1/pm25", "demo/no/such"]))
    assert missing.value.body["unknown"] == ["demo/no/such"]
    with pytest.raises(InvalidRequest) as backwards:
        await anext(fansipan.observations("1", start=END, end=START))
    assert backwards.value.code == "invalid-range"
    with pytest.raises(TooMuch) as long:
        await anext(fansipan.observations(["1", "3", "4"], start=END - timedelta(days=40 * 365), end=END))
    assert long.value.code == "range-too-long"
    async with serve("postgresql://nobody@127.0.0.1:1/none", anonymous_read=True) as away:
        with pytest.raises(Unavailable) as gone:
            await client_of(away, retries=Retries(attempts=1)).thing(1)
        assert (gone.value.code, gone.value.retry_after) == ("database-away", 2.0)


async def test_names_of_agencies_and_procedures(fansipan: AsyncClient, database_url: str) -> None:
    connection = await connect_as_owner(database_url)
    await connection.execute(
        "INSERT INTO agency (key, name, name_en, level) VALUES"
        " ('SXD', 'Sở Xây dựng', NULL, 'province'), ('SYT', 'Sở Y tế', 'Department of Health', 'province');"
        "INSERT INTO administrative_procedure (key, name, field, processing_days) VALUES ('TT1', 'Cấp phép', 'Y tế', 5)"
    )
    await connection.close()
    agencies = [
        (one.key, one.name, one.name_en) async for one in fansipan.agencies(level="province", limit=1)
    ]
    assert agencies == [("SXD", "Sở Xây dựng", None), ("SYT", "Sở Y tế", "Department of Health")]
    assert [one.key async for one in fansipan.agencies(q="so y te")] == ["SYT"]
    (procedure,) = [one async for one in fansipan.procedures(field="Y tế")]
    assert (procedure.name, procedure.processing_days, procedure.law) == ("Cấp phép", 5.0, None)
