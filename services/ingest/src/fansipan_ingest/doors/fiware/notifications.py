"""The readings in a notification, NGSI-v2 or NGSI-LD, normalised or as key and value. Pure.

Numbers and booleans become readings; texts, relations and places describe an entity and are no readings.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from fansipan_common.contracts.doors import Door
from fansipan_common.contracts.naming import datastream_key
from fansipan_ingest.domain.parsing import MalformedBody
from fansipan_ingest.domain.registration import Unit
from fansipan_ingest.domain.rules import Rejection, unix_ms
from fansipan_ingest.doors.fiware.units import CEFACT_UNITS
from fansipan_ingest.doors.readings import Readings

Dialect = Literal["ngsi-v2", "ngsi-ld"]

_NO_ATTRIBUTES: Final = frozenset({"id", "type", "@context", "scope"})
_NUMBER_TYPES: Final = frozenset({"Number", "Integer", "Float", "Double"})
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TIMES_OF_ATTRIBUTE: Final = ("observedAt", "TimeInstant", "dateObserved", "timestamp")
_TIMES_OF_ENTITY: Final = ("TimeInstant", "dateObserved", "observationDateTime", "observedAt", "timestamp")
_OF_ENTITY: Final = ("id", "type", *_TIMES_OF_ENTITY)
"""What a single attribute needs of its entity to be read again."""
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class _Value:
    value: Any
    kind: str | None = None
    time: Any = None
    unit: Any = None
    dataset: str | None = None


def readings_of(
    notification: Any,
    *,
    dialect: Dialect,
    provider: str,
    scope: str,
    arrival_ms: int,
    max_readings: int,
    context: dict[str, str] | None = None,
) -> Readings:
    """The readings of all entities of a notification; indexes are places of entities.

    Args:
        notification: the body, as JSON has it.
        dialect: which of the two standards.
        provider: key of the provider that sends it.
        scope: service and path, or tenant, of the broker; entities of two scopes are two things. Empty for the default.
        arrival_ms: Unix time of values that say none.
        max_readings: how many a notification may hold.
        context: the headers that say the scope, for the dead letters.

    Raises:
        MalformedBody: no notification, or too many readings.
    """
    entities = notification.get("data") if isinstance(notification, dict) else None
    if not isinstance(entities, list):
        raise MalformedBody("a notification is an object with an array of entities in data")
    default = _time_of(notification.get("notifiedAt"))
    readings = Readings(door=Door(dialect), context=context or None)
    about = {name: notification[name] for name in ("notifiedAt",) if name in notification}
    for index, entity in enumerate(entities):
        try:
            thing = _thing(entity, dialect, scope)
            of_entity = _entity_time(entity)
        except Rejection as reason:
            readings.refuse(index, reason.code, reason.detail, {**about, "data": [entity]})
            continue
        own_ms = of_entity if of_entity is not None else default if default is not None else arrival_ms
        for name, names, each in _attributes(entity):
            try:
                result = _result(each)
                time = None if result is None else _time_of(each.time)
            except Rejection as reason:
                kept = {each: entity[each] for each in (*_OF_ENTITY, name) if each in entity}
                detail = f"{name[:64]}: {reason.detail}"
                readings.refuse(index, reason.code, detail, {**about, "data": [kept]})
                continue
            if result is not None:
                key = datastream_key(provider, thing, names)
                unit = None if isinstance(result, bool) else _unit(each)
                readings.add(index, key, own_ms if time is None else time, result, unit=unit)
        if len(readings) > max_readings:
            raise MalformedBody(f"more than {max_readings} values in one notification: send fewer entities")
    return readings


def _thing(entity: Any, dialect: Dialect, scope: str) -> list[str]:
    """The names of an entity's thing. An id of NGSI-LD is a URI, unique alone; in NGSI-v2 it is unique for its type."""
    if not isinstance(entity, dict):
        raise Rejection("invalid-item", "an entity is an object")
    entity_id, entity_type = entity.get("id"), entity.get("type")
    if not isinstance(entity_id, str) or not entity_id:
        raise Rejection("invalid-item", "id: text is needed")
    names = [f"/{scope}"] if scope else []
    if dialect == "ngsi-v2":
        if entity_type is not None and not isinstance(entity_type, str):
            raise Rejection("invalid-item", "type: text is needed")
        names.append(entity_type or "Thing")
    return names + entity_id.split(":")


def _attributes(entity: Mapping[str, Any]) -> Iterator[tuple[str, list[str], _Value]]:
    """Attributes with the names of their property."""
    for name, attribute in entity.items():
        if name in _NO_ATTRIBUTES:
            continue
        instances: list[Any] = [attribute]
        if isinstance(attribute, list) and all(
            isinstance(each, dict) and "type" in each for each in attribute
        ):
            instances = attribute  # NGSI-LD: several values of one attribute, told apart by their datasetId
        for instance in instances:
            value = _value_of(instance)
            yield name, [name] if value.dataset is None else [name, value.dataset], value


def _value_of(attribute: Any) -> _Value:
    """An attribute of either form: `{"value": …, "type": …}` with what belongs to it, or its bare value."""
    if not isinstance(attribute, dict):
        return _Value(attribute)
    if "value" not in attribute:
        return _Value(None)
    metadata = attribute.get("metadata")
    about = attribute | (metadata if isinstance(metadata, dict) else {})
    times = [_bare(about[name]) for name in _TIMES_OF_ATTRIBUTE if name in about]
    dataset = attribute.get("datasetId")
    kind = attribute.get("type")
    return _Value(
        value=attribute["value"],
        kind=kind if isinstance(kind, str) else None,
        time=times[0] if times else None,
        unit=_bare(about.get("unitCode", about.get("unit"))),
        dataset=dataset if isinstance(dataset, str) else None,
    )


def _bare(value: Any) -> Any:
    """A value without what NGSI wraps around it."""
    while isinstance(value, dict) and ("value" in value or "@value" in value):
        value = value.get("value", value.get("@value"))
    return value


def _result(each: _Value) -> float | bool | None:
    """The number or boolean of an attribute; None when it is no reading."""
    value = each.value
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and each.kind in _NUMBER_TYPES:  # brokers keep what devices sent as text
        if not _NUMBER.fullmatch(value):
            raise Rejection("invalid-item", f"{value[:40]!r} is no number, though its type says so")
        return float(value)
    if not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        raise Rejection("number-range", "a number beyond 64-bit floating point") from None


def _unit(each: _Value) -> Unit | None:
    return CEFACT_UNITS.get(each.unit.upper()) if isinstance(each.unit, str) else None


def _entity_time(entity: Mapping[str, Any]) -> int | None:
    for name in _TIMES_OF_ENTITY:
        if name in entity and isinstance(text := _bare(entity[name]), str):
            return _time_of(text)
    return None


def _time_of(value: Any) -> int | None:
    """Unix time in ms of an ISO 8601 text; UTC where it names no zone, as in NGSI; of an interval its beginning.

    Raises:
        Rejection: it is text and no time.
    """
    if not isinstance(value, str) or not value:
        return None
    found = _TIME.fullmatch(value.partition("/")[0])
    if found is None:
        raise Rejection("invalid-item", f"{value[:40]!r} is no time as ISO 8601 has it")
    day, clock, fraction, zone = found.groups()
    zone = "+00:00" if zone in (None, "Z") else zone
    try:
        moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise Rejection("invalid-item", f"{value[:40]!r} is no time as ISO 8601 has it") from None
    return unix_ms(moment) + int((fraction or "0")[:3].ljust(3, "0"))
