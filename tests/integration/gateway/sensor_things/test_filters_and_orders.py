"""Generated filters and orders: the database answers as an evaluation in memory does; nothing makes it stumble."""

from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from tests.integration.gateway.sensor_things.conftest import EXAMPLES
from tests.support import sensor_things_expressions as expressions
from tests.support.sensor_things_evaluator import holds, sort_values

from fansipan_gateway.sensor_things.grammar.expressions import parse_filter, parse_orderby

_WHOLE = (
    "$expand=Datastream($expand=Thing,Sensor),FeatureOfInterest&$top=1000"
    "&$select=id,phenomenonTime,resultTime,result,resultQuality,parameters"
)


@pytest.fixture(scope="module")
async def entities(sta: httpx.AsyncClient) -> list[dict[str, Any]]:
    """All observations, with what filters may speak of."""
    found = (await sta.get(f"/Observations?{_WHOLE}")).json()["value"]
    assert len(found) == 37
    return found


async def _ids(sta: httpx.AsyncClient, **options: Any) -> list[int]:
    """Ids of all pages."""
    found: list[int] = []
    response = await sta.get(
        "/Observations", params={f"${name}": str(value) for name, value in options.items()}
    )
    while True:
        assert response.status_code == 200, response.text
        page = response.json()
        found += [entity["@iot.id"] for entity in page["value"]]
        if "@iot.nextLink" not in page:
            return found
        assert len(page["value"]) == options["top"]
        response = await sta.get(page["@iot.nextLink"])


@EXAMPLES
@given(text=expressions.filters)
async def test_a_filter_passes_what_it_passes_in_memory(
    sta: httpx.AsyncClient, entities: list[dict[str, Any]], text: str
):
    meant = parse_filter(text)
    wanted = [entity["@iot.id"] for entity in entities if holds(meant, entity)]
    response = await sta.get(
        "/Observations", params={"$filter": text, "$select": "id", "$top": "1000", "$count": "true"}
    )
    assert response.status_code == 200, response.text
    assert [entity["@iot.id"] for entity in response.json()["value"]] == wanted
    assert response.json()["@iot.count"] == len(wanted)


@EXAMPLES
@given(text=expressions.orders)
async def test_pages_in_any_order_are_those_of_memory(
    sta: httpx.AsyncClient, entities: list[dict[str, Any]], text: str
):
    expected = list(entities)
    for key in reversed(parse_orderby(text)):
        values = {id(entity): sort_values(key.expression, entity) for entity in expected}
        for place in reversed(range(len(next(iter(values.values()))))):
            expected.sort(
                key=lambda entity, values=values, place=place: (
                    (values[id(entity)][place] is not None),
                    values[id(entity)][place] if values[id(entity)][place] is not None else 0,
                ),
                reverse=key.descending,
            )
    assert await _ids(sta, orderby=text, select="id", top=7) == [entity["@iot.id"] for entity in expected]


@settings(EXAMPLES, max_examples=200)
@given(text=expressions.anything)
async def test_nothing_makes_it_stumble(sta: httpx.AsyncClient, text: str):
    for options in ({"$filter": text}, {"$orderby": text}, {"$expand": f"Datastream($filter={text})"}):
        response = await sta.get("/Observations", params={**options, "$top": "3"})
        assert response.status_code in (200, 400), response.text
        if response.status_code == 400:
            assert response.json()["message"] == response.json()["detail"]
