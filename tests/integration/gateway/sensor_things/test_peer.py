"""The same entities in another server (django-ogc-sensorthings): each answer is the same, or differs for a reason given
here by name."""

import sys
import time
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any, Final

import anyio
import httpx
import orjson
import pytest
from tests.integration.conftest import connect
from tests.support.processes import free_port
from tests.support.sensor_things_peer import Server, Step, copy, everywhere, instants, seconds

_ROOT: Final = Path(__file__).parents[4]
_WORLDS: Final = ("stored",)
"""How the entities came into ours. `copy` writes into any server: for one that takes writes, add `written` here and let
`ours` be an empty gateway into which the peer's entities are copied."""

_HELD_BY_BOTH: Final = """
DELETE FROM observation WHERE result IS NULL;
UPDATE observation SET result_quality = NULL;
UPDATE sensor SET encoding_type = 'text/html' WHERE key = 't';
UPDATE datastream SET unit_name = 'None', unit_symbol = '', unit_definition = '' WHERE unit_name IS NULL;
"""
"""The peer holds numbers only, no words for quality, three kinds of metadata, and units of everything."""


@pytest.fixture(scope="module")
async def theirs(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Server]:
    """The other server, empty."""
    port, folder = free_port(), tmp_path_factory.mktemp("peer")
    command = [
        sys.executable,
        "-m",
        "tests.support.django_sensor_things.serve",
        str(port),
        str(folder / "peer.sqlite"),
    ]
    async with (
        await anyio.open_process(command, cwd=_ROOT, stdout=None, stderr=None) as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/sensorthings/v1.1", timeout=20.0) as client,
    ):
        deadline = time.monotonic() + 60
        while True:
            try:
                await client.get("/")
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                assert process.returncode is None
                await anyio.sleep(0.2)
        yield Server(client, quoted=True)
        process.terminate()


@pytest.fixture(scope="module", params=_WORLDS)
async def servers(sta: httpx.AsyncClient, filled: str, theirs: Server) -> tuple[Server, Server]:
    """Ours and theirs, with the same entities."""
    owner = await connect(filled)
    await owner.execute(_HELD_BY_BOTH)
    await owner.close()
    ours = Server(sta)
    await copy(ours, theirs)
    return ours, theirs


# ---------------------------------------------------------------- differences of form, by name
def _without(*names: str) -> Step:
    return everywhere(lambda entity: {name: value for name, value in entity.items() if name not in names})


def _in_one_order(answer: Any) -> Any:
    """Lists in the order of what is in them."""
    if isinstance(answer, list):
        return sorted(
            (_in_one_order(item) for item in answer), key=lambda item: orjson.dumps(item, option=_SORTED)
        )
    if isinstance(answer, dict):
        return {name: _in_one_order(value) for name, value in answer.items()}
    return float(answer) if type(answer) is int else answer


def _once(answer: Any) -> Any:
    """Lists without what was in them before."""
    if isinstance(answer, list):
        found: list[Any] = []
        for item in map(_once, answer):
            if item not in found:
                found.append(item)
        return found
    return {name: _once(value) for name, value in answer.items()} if isinstance(answer, dict) else answer


def _next_links(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: True if name.endswith("@iot.nextLink") else value for name, value in answer.items()}


def _no_result_time(entity: dict[str, Any]) -> dict[str, Any]:
    same = entity.get("resultTime") is None or entity.get("resultTime") == entity.get("phenomenonTime")
    return {name: value for name, value in entity.items() if not (name == "resultTime" and same)}


def _no_datastream_times(entity: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in entity.items() if not (k == "phenomenonTime" and "observationType" in entity)}


_SORTED: Final = orjson.OPT_SORT_KEYS
_FORMS: Final[Mapping[str, tuple[str, Step]]] = {
    "times": (
        "theirs write +00:00 and no milliseconds, ours Z and three digits, as the standard's examples",
        instants,
    ),
    "milliseconds": ("theirs keep phenomenonTime in whole seconds, ours in milliseconds", seconds),
    "next-link": (
        "theirs count rows to skip, ours name the last row, so that what comes in between moves no page",
        everywhere(_next_links),
    ),
    "result-time": (
        "where none was sent theirs show phenomenonTime; ours null: it is not known",
        everywhere(_no_result_time),
    ),
    "observed-area": ("ours say where a datastream's thing stands, theirs nothing", _without("observedArea")),
    "datastream-times": (
        "ours say from when to when there are observations; theirs only what was sent",
        everywhere(_no_datastream_times),
    ),
    "repeated": ("theirs show a place once for each thing that stands there; ours once", _once),
    "order": (
        "theirs show related entities newest first and sort equal ones anyhow; ours by id",
        _in_one_order,
    ),
}

# ---------------------------------------------------------------- differences of what is answered, by name
_OTHER_CONTENTS: Final[Mapping[str, tuple[str, str, int, int]]] = {
    # path: name, why, our status, theirs
    "Things(#0)/properties/$value": ("value-of-object", "theirs is the names of the keys, ours JSON", 200, 200),
    "Locations(#0)/location/$value": ("value-of-object", "as before", 200, 200),
    "Datastreams(#0)/Thing/$ref": ("single-reference", "theirs know $ref of sets only", 200, 404),
    "Datastreams(#0)/unitOfMeasurement": ("complex-property", "theirs do not find a property of two words", 200, 404),
    "Things(#0)/Datastreams(#0)": ("nested-id", "theirs do not find an entity behind another", 200, 404),
    "Things(#0)/Datastreams(#0)/Observations": ("nested-id", "as before", 200, 404),
    "Things?$select=name,Datastreams": ("selected-relation", "theirs show no link of a selected relation", 200, 200),
    "Datastreams?$expand=Thing": ("wrong-parent", "theirs show the thing of the first in all of them", 200, 200),
    "Datastreams?$expand=Thing/Locations": ("wrong-parent", "as before", 200, 200),
    "Things?$expand=Datastreams($filter=name eq 'Rich')": ("inner-filter", "theirs cannot filter inside", 200, 400),
    "Things?$expand=Datastreams($top=1;$orderby=name)": ("next-link-to-nothing", "theirs always give one", 200, 200),
    "Things?$top=3": ("next-link-to-nothing", "theirs give one when the page is full", 200, 200),
    "Things?$top=0&$count=true": ("next-link-to-nothing", "theirs give one to an empty page", 200, 200),
    "Observations?$orderby=phenomenonTime desc": ("order-by-time", "theirs fail", 200, 500),
    "Things?$filter=substringof('hai',name)": ("substringof", "theirs know contains only", 200, 400),
    "Things?$filter=properties/height gt 5": ("json-kinds", "theirs hold that a text is over 5", 200, 200),
    "Observations?$filter=result mod 2 eq 0": ("mod", "theirs compute with whole numbers, 0.5 mod 2 being 0", 200, 200),
    "Observations?$filter=resultTime eq null": ("result-time", "theirs are never null", 200, 200),
    "Locations?$filter=st_within(location, geography'POLYGON ((103 22, 105 22, 105 23, 103 23, 103 22))')": (
        "geometry", "theirs know no functions of geometry", 200, 400,
    ),
    "Things?$filter=nothing eq 1": ("unknown-property", "theirs fail; ours say what there is", 400, 500),
    "Things?$top=-1": ("unprocessable", "theirs answer 422, ours 400 as the standard has it", 400, 422),
    "Things?$top=x": ("unprocessable", "as before", 400, 422),
    "Things?$top=500": ("top", "theirs refuse more than 100; ours give up to 1,000", 200, 422),
    "Things?$nothing=1": ("unknown-option", "theirs overlook it; ours say what there is", 400, 200),
}  # fmt: skip

_SAME: Final = (
    *("Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties", "Observations"),
    *("FeaturesOfInterest", "Things(#0)", "Things(#1)/Datastreams", "Things(#0)/name", "Things(#0)/name/$value"),
    *("Things(#0)/properties", "Things/$ref", "Things(#0)/Datastreams/$ref", "Datastreams(#0)/Thing"),
    *("Datastreams(#0)/Thing/Locations", "Datastreams(#0)/Observations", "Locations(#0)/Things"),
    *("Locations(#0)/HistoricalLocations", "Observations(#3)/Datastream/Sensor", "Observations(#3)/FeatureOfInterest"),
    *("FeaturesOfInterest(#0)/Observations", "Things(#0)/Datastreams(#2)", "Nothing", "Things(#0)/nothing"),
    *("Things/name", "Observations?$select=result", "Things?$select=name,description", "Things?$select=id,name"),
    *("Things(#1)?$select=name",),
    *("Things?$expand=Datastreams($select=name)", "Things?$expand=Datastreams,Locations"),
    *("Things?$expand=Datastreams($expand=Sensor)", "Observations?$expand=Datastream&$top=3"),
    *("Things(#0)?$expand=Datastreams/Sensor", "Things?$expand=Datastreams($orderby=name)"),
    *("Things?$expand=Datastreams($count=true)", "Things?$orderby=name", "Things?$orderby=name desc"),
    *("Observations?$orderby=result desc", "Datastreams?$orderby=Thing/name,name desc"),
    *("Observations?$orderby=Datastream/name,result", "Things?$top=2", "Observations?$skip=2&$top=1&$count=true"),
    *("Things?$skip=50", "Observations?$count=true&$filter=result gt 3&$top=2", "Things?$count=false"),
    *("Things?$filter=name eq 'Trạm một'", "Things?$filter=startswith(name,'Tr')"),
    "Things?$filter=contains(name,'hai')",
    *("Things?$filter=endswith(name,'một')", "Things?$filter=tolower(name) eq 'trạm một'"),
    *("Things?$filter=length(name) gt 8", "Things?$filter=properties/height eq 12.5"),
    *("Things?$filter=properties/commune eq '02671'", "Datastreams?$filter=Thing/name eq 'Trạm một'"),
    *("Things?$filter=Datastreams/name eq 'Rich'", "Observations?$filter=result gt 2 and result le 5"),
    *("Observations?$filter=result lt 2 or result eq 5", "Observations?$filter=not (result gt 2)"),
    *("Observations?$filter=result add 1 eq 3", "Observations?$filter=round(result) eq 3"),
    "Observations?$filter=phenomenonTime ge 2026-07-01T02:00:00Z",
    "Observations?$filter=year(phenomenonTime) eq 2026",
    "Observations?$filter=Datastream/Thing/name eq 'Trạm hai'",
    "Observations?$filter=FeatureOfInterest/name eq 'river'",
    *("Things?$orderby=nothing", "Things?$filter=name eq", "Things?$select=nothing", "Things?$expand=nothing"),
)  # fmt: skip
"""Requests whose answers are the same, but for differences of form."""


def _after(answer: Any, leave_out: str = "") -> Any:
    for name, (_, step) in _FORMS.items():
        if name != leave_out:
            answer = step(answer)
    return answer


async def _both(path: str, ours: Server, theirs: Server) -> tuple[int, int, Any, Any]:
    """Statuses and contents; of errors no content, whose form the standard leaves open."""
    mine, other = await ours.get(path), await theirs.get(path)
    return mine.status_code, other.status_code, _content(path, ours, mine), _content(path, theirs, other)


def _content(path: str, server: Server, response: httpx.Response) -> Any:
    if response.status_code != 200:
        return None
    return response.text if path.endswith("$value") else server.named(response.json())


async def test_answers_are_the_same_but_for_form_and_every_named_form_differs_somewhere(
    servers: tuple[Server, Server],
):
    needed: set[str] = set()
    for path in _SAME:
        my_status, other_status, mine, other = await _both(path, *servers)
        assert my_status == other_status, path
        assert _after(mine) == _after(other), path
        needed |= {name for name in _FORMS if _after(mine, name) != _after(other, name)}
    assert needed == set(_FORMS)


@pytest.mark.parametrize("path", _OTHER_CONTENTS)
async def test_other_answers_differ_for_the_reason_given(servers: tuple[Server, Server], path: str):
    _, _, my_status, other_status = _OTHER_CONTENTS[path]
    found = await _both(path, *servers)
    assert found[:2] == (my_status, other_status)
    if my_status == other_status == 200:
        assert _after(found[2]) != _after(found[3])
