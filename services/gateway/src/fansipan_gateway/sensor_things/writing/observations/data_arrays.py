"""The body of `CreateObservations`: observations as rows of arrays, for each datastream with its components."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from fansipan_common.errors import ClientFault
from fansipan_gateway.sensor_things.faults import shorten
from fansipan_gateway.sensor_things.model.entity import ID
from fansipan_gateway.sensor_things.writing.bodies import ROOT
from fansipan_gateway.sensor_things.writing.faults import InvalidValue, MissingProperty, TooMuch
from fansipan_gateway.sensor_things.writing.observation_bodies import observation_of
from fansipan_gateway.sensor_things.writing.observations.written import NewObservation, Written
from fansipan_gateway.sensor_things.writing.values import below

MAX_ROWS: Final = 10_000

_FEATURE: Final = "FeatureOfInterest/id"
_COMPONENTS: Final = (
    "phenomenonTime",
    "result",
    "resultTime",
    "resultQuality",
    "validTime",
    "parameters",
    _FEATURE,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the datastream by id or key, the feature's id, and the observation; or why it is none."""

    datastream: int | str
    feature: int | None
    phenomenon_time: datetime | None = None
    result: Any = None
    result_time: datetime | None = None
    result_quality: str | None = None
    parameters: dict[str, Any] | None = None
    fault: Written | None = None

    def of(self, datastream_id: int) -> NewObservation:
        """The observation, once the id of its datastream is known."""
        return NewObservation(
            datastream_id,
            self.phenomenon_time,
            self.result,
            self.result_time,
            self.result_quality,
            self.parameters,
            self.feature,
        )


def rows_of(body: Any) -> list[Row]:
    """The rows of a body, in order.

    Raises:
        InvalidValue, MissingProperty, TooMuch: it is not a list of data arrays. What is wrong in one row is the fault
            of this row alone.
    """
    if not isinstance(body, list):
        raise InvalidValue(
            ROOT, "a list is wanted: [{'Datastream': …, 'components': […], 'dataArray': [[…]]}]"
        )
    rows: list[Row] = []
    for number, group in enumerate(cast("list[Any]", body)):
        path = f"{ROOT}[{number}]"
        if not isinstance(group, dict):
            raise InvalidValue(path, "an object is wanted")
        part = cast("dict[str, Any]", group)
        datastream = _link(part, path)
        components = _components(part, path)
        arrays = part.get("dataArray")
        if not isinstance(arrays, list):
            raise MissingProperty(below(path, "dataArray"), "a list of rows is wanted, each a list of values")
        listed = cast("list[Any]", arrays)
        if len(rows) + len(listed) > MAX_ROWS:
            raise TooMuch(path, f"at most {MAX_ROWS:,} observations in one request")
        place = below(path, "dataArray")
        rows += [
            _row(datastream, components, values, f"{place}[{place_of}]")
            for place_of, values in enumerate(listed)
        ]
    return rows


def _link(group: dict[str, Any], path: str) -> int | str:
    place, link = below(path, "Datastream"), group.get("Datastream")
    if not isinstance(link, dict) or ID not in link:
        raise MissingProperty(place, "a link is wanted: {'@iot.id': 1}")
    wanted: Any = link[ID]
    if isinstance(wanted, bool) or not isinstance(wanted, int | str):
        raise InvalidValue(below(place, ID), "an id is a whole number, or a key as text")
    return wanted


def _components(group: dict[str, Any], path: str) -> Sequence[str]:
    place, names = below(path, "components"), group.get("components")
    if not isinstance(names, list) or not names:
        raise MissingProperty(
            place, "the names of the values in each row are wanted, as ['phenomenonTime', 'result']"
        )
    for name in cast("list[Any]", names):
        if name not in _COMPONENTS:
            shown = shorten(name) if isinstance(name, str) else "this"
            raise InvalidValue(place, f"{shown} is none of {', '.join(_COMPONENTS)}")
    listed = cast("list[str]", names)
    if len(set(listed)) < len(listed):
        raise InvalidValue(place, "one of these is named twice")
    if "result" not in listed:
        raise MissingProperty(place, "result is missing")
    return listed


def _row(datastream: int | str, components: Sequence[str], values: Any, path: str) -> Row:
    if not isinstance(values, list) or len(cast("list[Any]", values)) != len(components):
        fault = Written(None, "refused", "invalid-value", f"{path}: {len(components)} values are wanted")
        return Row(datastream, None, fault=fault)
    body = dict(zip(components, cast("list[Any]", values), strict=True))
    feature = body.pop(_FEATURE, None)
    if feature is not None and (isinstance(feature, bool) or not isinstance(feature, int)):
        fault = Written(None, "refused", "invalid-value", f"{path}: {_FEATURE} is a whole number")
        return Row(datastream, None, fault=fault)
    try:
        one = observation_of(body, path)
    except ClientFault as problem:
        return Row(datastream, None, fault=Written(None, "refused", problem.code, problem.detail))
    return Row(
        datastream,
        feature,
        one.phenomenon_time,
        one.result,
        one.result_time,
        one.result_quality,
        one.parameters,
    )
