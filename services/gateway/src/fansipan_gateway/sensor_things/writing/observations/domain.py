"""Observations as they are stored, and what differs between two of one time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from fansipan_common.contracts.identity import MAX_MILLISECOND
from fansipan_common.contracts.observation import QUALITY_NAMES
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.sensor_things.writing.observations.written import NewObservation

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)

Key = tuple[int, int]
"""Identity of an observation: datastream id, Unix ms."""


@dataclass(frozen=True, slots=True)
class Target:
    """A datastream that observations are written to.

    Attributes:
        id, key: of the datastream.
        provider_id: whose its thing is.
        corrections_by_post: whether a POST with another result corrects.
        newest_ms: of its newest observation; None: it has none.
    """

    id: int
    key: str
    provider_id: int
    corrections_by_post: bool
    newest_ms: int | None


@dataclass(frozen=True, slots=True)
class Content:
    """What an observation says, beside when and of which datastream."""

    result: Any
    result_time: datetime | None
    result_quality: str | None
    parameters: dict[str, Any] | None
    feature_id: int | None


def content_of(observation: NewObservation) -> Content:
    """What a new observation says."""
    result = observation.result
    return Content(
        float(result) if type(result) is int else result,  # as it is stored
        None if observation.result_time is None else _cut(observation.result_time),
        observation.result_quality,
        observation.parameters,
        observation.feature_id,
    )


def content_of_row(row: Mapping[str, Any]) -> Content:
    """What a stored one says."""
    return Content(
        row["result_json"] if row["result"] is None else row["result"],
        row["result_time"],
        QUALITY_NAMES[row["result_quality"]],
        row["parameters"],
        row["feature_id"],
    )


def difference(stored: Content, sent: Content) -> dict[str, dict[str, Any]]:
    """What differs, by its name in SensorThings: what is stored and what was sent. Empty: nothing."""
    pairs = {
        "result": (stored.result, sent.result),
        "resultTime": (_shown(stored.result_time), _shown(sent.result_time)),
        "resultQuality": (stored.result_quality, sent.result_quality),
        "parameters": (stored.parameters, sent.parameters),
        "FeatureOfInterest": (_link(stored.feature_id), _link(sent.feature_id)),
    }
    return {
        name: {"stored": before, "sent": after}
        for name, (before, after) in pairs.items()
        if not same_json(before, after)
    }


def same_json(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; in Python alone `True` would equal 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        first, second = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        return first.keys() == second.keys() and all(same_json(first[key], second[key]) for key in first)
    if isinstance(one, list) and isinstance(other, list):
        left, right = cast("list[Any]", one), cast("list[Any]", other)
        return len(left) == len(right) and all(map(same_json, left, right))
    return one == other


def unix_ms(moment: datetime) -> int:
    """Unix time in ms, cut (not rounded)."""
    return (moment - _EPOCH) // _MILLISECOND


def moment_at(ms: int) -> datetime:
    """The time at a Unix time in ms."""
    return _EPOCH + ms * _MILLISECOND


def is_storable(ms: int) -> bool:
    """Whether an observation of this time has an id."""
    return 0 <= ms <= MAX_MILLISECOND


def item_of(key: str, ms: int, content: Content) -> dict[str, Any]:
    """An item of `POST /v1/observations`; with nothing but a number it is of the kind that ingest reads fastest."""
    item: dict[str, Any] = {
        "datastream": key,
        "phenomenonTime": format_instant(moment_at(ms)),
        "result": content.result,
    }
    if content.result_time is not None:
        item["resultTime"] = format_instant(content.result_time)
    if content.result_quality is not None:
        item["resultQuality"] = content.result_quality
    if content.parameters is not None:
        item["parameters"] = content.parameters
    if content.feature_id is not None:
        item["featureId"] = content.feature_id
    return item


def _cut(moment: datetime) -> datetime:
    return moment_at(unix_ms(moment))


def _shown(moment: datetime | None) -> str | None:
    return None if moment is None else format_instant(moment)


def _link(feature_id: int | None) -> dict[str, int] | None:
    return None if feature_id is None else {"@iot.id": feature_id}
