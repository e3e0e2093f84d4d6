"""Observations inside of entities that are being made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from fansipan_common.contracts.observation import MAX_RESULT, MAX_TEXT_RESULT, ResultQuality
from fansipan_gateway.sensor_things.faults import shorten
from fansipan_gateway.sensor_things.model.entity import ID
from fansipan_gateway.sensor_things.model.sets import OBSERVATIONS
from fansipan_gateway.sensor_things.writing.faults import InvalidValue, MissingProperty, UnknownProperty
from fansipan_gateway.sensor_things.writing.values import below, moment_of

_QUALITIES: Final = tuple(quality.value for quality in ResultQuality)


@dataclass(frozen=True, slots=True)
class InlineObservation:
    """An observation whose datastream and feature are still to be made or found."""

    phenomenon_time: datetime | None
    result: Any
    result_time: datetime | None
    result_quality: str | None
    parameters: dict[str, Any] | None


def observation_of(body: Mapping[str, Any], path: str) -> InlineObservation:
    """The observation that an object describes; relations are read elsewhere.

    Raises:
        UnknownProperty, InvalidValue, MissingProperty.
    """
    for name in body:
        known = name in OBSERVATIONS.by_name or name in OBSERVATIONS.relations
        if name == ID or not (known or name.startswith("@iot.") or "@iot." in name):
            raise UnknownProperty(
                below(path, name),
                f"Observation has no {shorten(name)} to be written; its id is made of its time",
            )
    if "result" not in body:
        raise MissingProperty(below(path, "result"), "Observation needs this")
    if body.get("validTime") is not None:
        raise InvalidValue(below(path, "validTime"), "it is not kept: put it into parameters")
    quality, parameters = body.get("resultQuality"), body.get("parameters")
    if quality is not None and quality not in _QUALITIES:
        raise InvalidValue(below(path, "resultQuality"), f"one of {', '.join(_QUALITIES)} is wanted")
    if parameters is not None and not isinstance(parameters, dict):
        raise InvalidValue(below(path, "parameters"), "an object is wanted")
    result_time = body.get("resultTime")
    return InlineObservation(
        _time(body.get("phenomenonTime"), below(path, "phenomenonTime")),
        _result(body["result"], below(path, "result")),
        None if result_time is None else moment_of(result_time, below(path, "resultTime")),
        quality,
        cast("dict[str, Any] | None", parameters),
    )


def _time(value: Any, path: str) -> datetime | None:
    if value is None:
        return None
    begin, slash, end = value.partition("/") if isinstance(value, str) else (value, "", "")
    moment = moment_of(begin, path)
    if slash and moment_of(end, path) != moment:
        raise InvalidValue(path, "an observation is of one time here, not of a period")
    return moment


def _result(value: Any, path: str) -> Any:
    if isinstance(value, str) and len(value) > MAX_TEXT_RESULT:
        raise InvalidValue(path, f"a text of at most {MAX_TEXT_RESULT} characters is wanted")
    if isinstance(value, int | float) and not -MAX_RESULT <= value <= MAX_RESULT:
        raise InvalidValue(path, f"a number within ±{MAX_RESULT:g} is wanted")
    if value is None or isinstance(value, list):
        raise InvalidValue(path, "a number, a text, true, false or an object is wanted")
    return value
