"""The scenario of the demo is valid, and a wrong one is refused with its place."""

import csv
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from fansipan_cli.errors import UsageError
from fansipan_cli.replay.recordings import CaseLog, Series, load_recordings
from fansipan_cli.scenario import Timeline, find_scenario, load_scenario
from fansipan_cli.scenario.catalogue import LoadedScenario
from fansipan_common.contracts import OBSERVATION_LIST, ServiceEvent

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[4]
Ring = list[list[float]]


@pytest.fixture(scope="module")
def laocai() -> LoadedScenario:
    return load_scenario(find_scenario("laocai", ROOT / "demo"))


def test_every_point_lies_in_its_commune(laocai: LoadedScenario) -> None:
    collection = json.loads((ROOT / "catalogue/areas/laocai-communes.geojson").read_text(encoding="utf-8"))
    boundaries = {feature["properties"]["code"]: feature["geometry"] for feature in collection["features"]}
    things = [t for s in laocai.scenario.sources if s.observations for t in s.observations.things.values()]

    outside = [thing.key for thing in things if not _inside(thing.point, boundaries[thing.area])]

    assert things
    assert outside == []


def test_areas_of_the_cases_are_communes(laocai: LoadedScenario) -> None:
    with (ROOT / "catalogue/areas/laocai-communes.csv").open(encoding="utf-8", newline="") as file:
        codes = {row["code"] for row in csv.DictReader(file)}
    mappings = [source.dossiers.area for source in laocai.scenario.sources if source.dossiers]

    assert mappings
    assert all({*mapping.map.values(), mapping.default} <= codes for mapping in mappings)


def test_every_agency_and_procedure_of_the_cases_has_a_name(laocai: LoadedScenario) -> None:
    cases = [case for log in load_recordings(laocai, []) if isinstance(log, CaseLog) for case in log.cases]
    names = laocai.scenario.names

    assert {case.agency for case in cases} == set(names.agencies)
    assert {case.procedure for case in cases} == set(names.procedures)


def test_every_item_of_the_demo_fits_its_contract(laocai: LoadedScenario) -> None:
    for recording in load_recordings(laocai, []):
        if isinstance(recording, CaseLog):
            assert len({case.id for case in recording.cases}) == len(recording.cases)
            events = [outgoing.item for outgoing in recording.items(Timeline(0, 1))]
            for event in events[::100]:
                ServiceEvent.model_validate(event)
        else:
            assert len({(reading.thing, reading.at_ms) for reading in recording.readings}) == len(
                recording.readings
            )
            items = [item for reading in recording.readings[::200] for item in reading.items(reading.at_ms)]
            OBSERVATION_LIST.validate_json(json.dumps(items))


def test_recordings_are_in_the_order_of_time(laocai: LoadedScenario) -> None:
    recordings = load_recordings(laocai, ["parking", "weath*"])

    assert [recording.source.id for recording in recordings] == ["parking", "weather"]
    for recording in recordings:
        assert isinstance(recording, Series)
        times = [reading.at_ms for reading in recording.readings]
        assert times == sorted(times)


def test_an_unknown_source_is_named(laocai: LoadedScenario) -> None:
    with pytest.raises(UsageError, match=r"called 'weathr'.*sources are: air"):
        load_recordings(laocai, ["weathr"])


def test_an_unknown_scenario_is_answered_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no scenario 'hanoi'.*laocai"):
        find_scenario("hanoi", ROOT / "demo")


def _described() -> dict[str, Any]:
    return {
        "id": "small",
        "name": {"vi": "Nhỏ", "en": "Small"},
        "zone": "Asia/Ho_Chi_Minh",
        "provider": {"key": "demo", "name": "Demo"},
        "properties": {
            "rain": {
                "name": {"vi": "Mưa", "en": "Rain"},
                "unit": {"name": "millimetre", "symbol": "mm", "ucum": "mm"},
            }
        },
        "sources": [
            {
                "id": "rain",
                "file": "rain.csv",
                "title": "Rain",
                "licence": "CC0",
                "clock": "UTC",
                "hold_back": "1d",
                "observations": {
                    "time": {"column": "time"},
                    "columns": {"mm": {"property": "rain"}},
                    "sensor": {"key": "gauge", "name": "Gauge"},
                    "things": {
                        "*": {
                            "key": "gauge-1",
                            "name": {"vi": "Trạm", "en": "Gauge"},
                            "area": "02647",
                            "point": [104.0, 22.5],
                            "origin": "here",
                        }
                    },
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("zone",), "Asia/Saigoon", "no time zone"),
        (("sources", 0, "hold_back"), "soon", "no length of time"),
        (("sources", 0, "observations", "columns", "mm", "property"), "snow", "'snow' is not described"),
        (("sources", 0, "observations", "things", "*", "area"), "2647", "sources.0.observations.things"),
        (("sources", 0, "observations", "thing_colum"), "station", "Extra inputs"),
        (("provider", "key"), "Demo", "provider.key"),
    ],
)
def test_a_wrong_scenario_is_refused(
    tmp_path: Path, path: tuple[str | int, ...], value: str, message: str
) -> None:
    described = _described()
    place: Any = described
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump(described), encoding="utf-8")

    with pytest.raises(UsageError, match=message):
        load_scenario(file)


def test_a_right_scenario_is_read(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump(_described(), allow_unicode=True), encoding="utf-8")

    assert load_scenario(file).scenario.name.vi == "Nhỏ"


def test_text_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("a: [", encoding="utf-8")

    with pytest.raises(UsageError, match="is no YAML"):
        load_scenario(file)


def _inside(point: tuple[float, float], geometry: dict[str, Any]) -> bool:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return any(
        _in_ring(point, outer) and not any(_in_ring(point, hole) for hole in holes)
        for outer, *holes in polygons
    )


def _in_ring(point: tuple[float, float], ring: Ring) -> bool:
    x, y = point
    crossings = sum(
        (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1
        for (x1, y1), (x2, y2) in pairwise(ring)
    )
    return crossings % 2 == 1
