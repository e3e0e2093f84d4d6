"""What is checked of a body before anything is written."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_common.errors import ClientFault
from fansipan_gateway.sensor_things.model.sets import SETS, THINGS
from fansipan_gateway.sensor_things.writing.bodies import Draft, Link, draft_of, read_json
from fansipan_gateway.sensor_things.writing.changes import Changes, What
from fansipan_gateway.sensor_things.writing.faults import BadBody, BadPatch, InvalidValue, PatchTestFailed
from fansipan_gateway.sensor_things.writing.forms import BACK, FORMS
from fansipan_gateway.sensor_things.writing.geojson import check_geometry
from fansipan_gateway.sensor_things.writing.naming import KEY, key_of_name, numbered
from fansipan_gateway.sensor_things.writing.patches import patched
from fansipan_gateway.sensor_things.writing.values import moment_of


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Trạm Ô Quy Hồ", "tram-o-quy-ho"),
        ("Đập tràn số 3 (cũ)", "dap-tran-so-3-cu"),
        ("PM2.5", "pm2.5"),
        ("  -- Ẩm -- ", "am"),
        ("气温", "thing"),
        ("", "thing"),
        ("µg/m³", "ug-m3"),
        ("x" * 300, "x" * 100),
    ],
)
def test_a_key_reads_as_the_name(name: str, key: str):
    assert key_of_name(name, "thing") == key


@given(st.text())
def test_every_name_makes_a_key(name: str):
    assert KEY.fullmatch(numbered(key_of_name(name, "sensor"), 12_345_678))


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [104, 22]},
        {"type": "Point", "coordinates": [104.5, 22.5, 1600]},
        {"type": "MultiPoint", "coordinates": [[104, 22]]},
        {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
        {"type": "MultiLineString", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [0, 0]}]},
        {"type": "Feature", "properties": None, "geometry": {"type": "Point", "coordinates": [0, 0]}},
    ],
)
def test_geojson_passes_as_it_is(geometry: dict[str, Any]):
    assert check_geometry(geometry, "$") is geometry


_GEOMETRIES = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=3) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.fixed_dictionaries(
            {
                "type": st.sampled_from(
                    ["Point", "LineString", "Polygon", "GeometryCollection", "Feature", "x"]
                )
            },
            optional={"coordinates": inner, "geometries": inner, "geometry": inner},
        )
    ),
    max_leaves=15,
)


@given(_GEOMETRIES)
def test_anything_else_is_an_invalid_value(value: Any):
    with suppress(InvalidValue):
        checked = check_geometry(value, "$")
        assert checked["type"] in ("Point", "LineString", "Polygon", "GeometryCollection", "Feature")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"NaN", b'"\\u0000"', b'{"\\u0000": 1}', b"[" * 70 + b"]" * 70, b"\xff"]
)
def test_what_the_database_cannot_keep_is_no_body(body: bytes):
    with pytest.raises(BadBody):
        read_json(body)


@pytest.mark.parametrize(
    "value", ["2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "9999-01-01T00:00:00Z", 7, None]
)
def test_a_time_has_an_offset_and_is_of_our_days(value: Any):
    with pytest.raises(InvalidValue):
        moment_of(value, "$.time")


def test_a_draft_is_a_tree_of_new_entities_and_links():
    draft = draft_of(
        THINGS,
        {
            "name": "a",
            "description": "",
            "@iot.selfLink": "passed over",
            "Datastreams@iot.navigationLink": "passed over",
            "Locations": [{"@iot.id": 3, "anything": 1}],
            "HistoricalLocations": None,
        },
    )
    assert draft.columns == {"name": "a", "description": "", "properties": {}}
    (link,) = draft.related["Locations"]
    assert isinstance(link, Link)
    assert (link.id, link.path) == (3, "$.Locations[0]")
    assert "HistoricalLocations" not in draft.related


def test_every_relation_to_several_leads_back():
    for entities in SETS.values():
        for relation in entities.relations.values():
            if relation.many:
                back = BACK[entities.name, relation.name]
                assert SETS[relation.target].relations[back].target == entities.name


def test_every_property_is_written_or_computed():
    computed = {"Datastreams": {"observedArea", "phenomenonTime", "resultTime"}}
    for name, form in FORMS.items():
        assert set(SETS[name].by_name) - set(form.by_name) == computed.get(name, set())


_VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=5,
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]) | _VALUES,
                "path": st.sampled_from(["", "/a", "/a/0", "/a/-", "/b/c", "/~", "/a/01"]) | _VALUES,
                "from": st.sampled_from(["", "/a", "/b", "/b/c"]) | _VALUES,
                "value": _VALUES,
            },
        ),
        max_size=5,
    )
    | _VALUES
)
def test_a_json_patch_is_applied_or_refused(operations: Any):
    with suppress(BadPatch, PatchTestFailed, BadBody):
        assert isinstance(patched({"a": [1, 2], "b": {"c": "d"}}, operations), dict)


def test_a_patch_leaves_the_document_as_it_was():
    document = {"a": {"b": 1}}
    assert patched(document, [{"op": "replace", "path": "/a/b", "value": 2}]) == {"a": {"b": 2}}
    assert document == {"a": {"b": 1}}


def test_what_was_created_is_told_of_as_created_only():
    changes = Changes()
    changes.add("Things", What.CREATED, 1)
    changes.add("Things", What.UPDATED, 1, 2)
    changes.add("Things", What.DELETED, 2)
    assert [(one.id, one.what) for one in changes.all()] == [(1, What.CREATED), (2, What.DELETED)]
    assert changes.by_set([("Things", 1)]) == {"deleted": {"Things": [2]}}


@given(
    st.dictionaries(st.sampled_from(["name", "description", "Locations", "Datastreams", "@iot.id"]), _VALUES)
)
def test_a_draft_or_a_client_fault(body: dict[str, Any]):
    with suppress(ClientFault):
        assert isinstance(draft_of(THINGS, body), Draft)
