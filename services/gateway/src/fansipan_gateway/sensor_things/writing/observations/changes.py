"""Changes of one observation: merged (PATCH), whole (PUT), or as JSON Patch."""

from collections.abc import Callable, Mapping
from typing import Any

from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.sensor_things.model.entity import ID
from fansipan_gateway.sensor_things.model.sets import OBSERVATIONS
from fansipan_gateway.sensor_things.writing.bodies import ROOT, Link, links_of
from fansipan_gateway.sensor_things.writing.faults import InvalidValue
from fansipan_gateway.sensor_things.writing.observation_bodies import InlineObservation, observation_of
from fansipan_gateway.sensor_things.writing.observations.domain import Content, moment_at, unix_ms
from fansipan_gateway.sensor_things.writing.values import below

_FEATURE = "FeatureOfInterest"
Edit = Callable[[dict[str, Any]], Mapping[str, Any]]
"""Gives the whole observation as it shall be, from the one that is stored."""


def document_of(content: Content, ms: int) -> dict[str, Any]:
    """What a JSON Patch is applied to, and what a PATCH is merged into."""
    return {
        "phenomenonTime": format_instant(moment_at(ms)),
        "resultTime": None if content.result_time is None else format_instant(content.result_time),
        "result": content.result,
        "resultQuality": content.result_quality,
        "parameters": content.parameters,
    }


def merging(body: Mapping[str, Any]) -> Edit:
    """PATCH: what is named changes, each property as a whole."""
    return lambda document: {**document, **body}


def replacing(body: Mapping[str, Any]) -> Edit:
    """PUT: what is not named is null. The time may be left out: it cannot be another."""
    return lambda document: {"phenomenonTime": document["phenomenonTime"], **body}


def edited(document: Mapping[str, Any], observation: int, ms: int) -> InlineObservation:
    """The observation that a changed document describes.

    Raises:
        InvalidValue: it would be of another id or time.
        UnknownProperty, MissingProperty: as for a new one.
    """
    body = dict(document)
    given = body.pop(ID, observation)
    if given != observation or isinstance(given, bool):
        raise InvalidValue(below(ROOT, ID), f"an id cannot be changed: it is {observation}")
    one = observation_of(body, ROOT)
    if one.phenomenon_time is None or unix_ms(one.phenomenon_time) != ms:
        raise InvalidValue(
            below(ROOT, "phenomenonTime"),
            "an observation stays at its time: delete it, and send one of another time",
        )
    return one


def links_in(body: Mapping[str, Any]) -> dict[str, Link | None]:
    """The entities that a change links to, by the name of the relation; None: the feature of where the thing stands.

    Raises:
        InlineEntity: a new entity. InvalidValue.
    """
    found: dict[str, Link | None] = {}
    for name in OBSERVATIONS.relations:
        if name not in body:
            continue
        if body[name] is None and name == _FEATURE:
            found[name] = None
        else:
            (found[name],) = links_of(OBSERVATIONS, name, body[name])
    return found
