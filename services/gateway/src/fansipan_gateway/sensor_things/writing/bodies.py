"""Bodies of requests, checked before anything is written: a tree of new entities and links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import orjson

from fansipan_gateway.sensor_things.faults import shorten
from fansipan_gateway.sensor_things.model.entity import ID, EntitySet, Navigation
from fansipan_gateway.sensor_things.model.sets import OBSERVATIONS, target_of
from fansipan_gateway.sensor_things.writing.faults import (
    BadBody,
    InlineEntity,
    InvalidValue,
    MissingProperty,
    MissingRelation,
    TooMuch,
    UnknownProperty,
)
from fansipan_gateway.sensor_things.writing.forms import BACK, FORMS
from fansipan_gateway.sensor_things.writing.naming import KEY
from fansipan_gateway.sensor_things.writing.observation_bodies import InlineObservation, observation_of
from fansipan_gateway.sensor_things.writing.values import below

ROOT: Final = "$"
GIVEN_KEY: Final = "@fansipan.key"
MAX_ENTITIES: Final = 1_000
MAX_DEPTH: Final = 8
_MAX_NESTED: Final = 64
_CONTROL: Final = ("@iot.navigationLink", "@iot.count", "@iot.nextLink", "@iot.associationLink")


@dataclass(frozen=True, slots=True)
class Link:
    """An entity that is there: its id or key, and where the body names it."""

    entities: EntitySet
    id: int | str
    path: str


@dataclass(slots=True)
class Draft:
    """An entity to be made.

    Attributes:
        entities: its set.
        path: where it stands in the body.
        columns: its columns by name.
        key: the part of its key that the client wishes; None: made of the name.
        related: what it is linked to, or is made with it, by the name of the relation.
        observation: of an observation, itself.
    """

    entities: EntitySet
    path: str
    columns: dict[str, Any] = field(default_factory=dict[str, Any])
    key: str | None = None
    related: "dict[str, list[Draft | Link]]" = field(default_factory=dict[str, "list[Draft | Link]"])
    observation: InlineObservation | None = None


@dataclass(slots=True)
class Change:
    """What is changed of an entity: columns, and links by the name of the relation."""

    columns: dict[str, Any] = field(default_factory=dict[str, Any])
    links: dict[str, list[Link]] = field(default_factory=dict[str, list[Link]])


def read_json(body: bytes) -> Any:
    """The JSON of a body.

    Raises:
        BadBody: it is none; it is nested too deeply; it has a NUL, which no text may have.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadBody(f"the body is no JSON that is read here: {error}") from error
    check_plain(document)
    return document


def check_plain(document: Any) -> None:
    """Raise `BadBody` where a text has a NUL or the nesting is too deep for the database."""
    level: list[Any] = [document]
    for _depth in range(_MAX_NESTED):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += cast("dict[str, Any]", value).keys()
                inner += cast("dict[str, Any]", value).values()
            elif isinstance(value, list):
                inner += cast("list[Any]", value)
            elif isinstance(value, str) and "\0" in value:
                raise BadBody("a text has the character U+0000, which cannot be kept")
        if not inner:
            return
        level = inner
    raise BadBody(f"the body is nested more than {_MAX_NESTED} deep")


def object_of(document: Any) -> dict[str, Any]:
    """The body as an object.

    Raises:
        BadBody: it is something else.
    """
    if not isinstance(document, dict):
        raise BadBody("an object is wanted: {…}")
    return cast("dict[str, Any]", document)


def draft_of(entities: EntitySet, body: Mapping[str, Any], given: str | None = None) -> Draft:
    """The entity that a body describes, with all that is to be made with it.

    Args:
        entities: its set.
        body: the object.
        given: a relation that the address gives.

    Raises:
        UnknownProperty, InvalidValue, MissingProperty, MissingRelation, TooMuch.
    """
    return _Drafts().draft(entities, body, ROOT, given, 1)


class _Drafts:
    """Reads one body; counts what it makes."""

    def __init__(self) -> None:
        self._count = 0

    def draft(
        self, entities: EntitySet, body: Mapping[str, Any], path: str, given: str | None, depth: int
    ) -> Draft:
        self._count += 1
        if self._count > MAX_ENTITIES:
            raise TooMuch(path, f"at most {MAX_ENTITIES:,} entities are made by one request")
        if depth > MAX_DEPTH:
            raise TooMuch(path, f"entities are nested at most {MAX_DEPTH} deep")
        draft = Draft(entities, path)
        if entities is OBSERVATIONS:
            draft.observation = observation_of(body, path)
        else:
            self._columns(draft, body)
        for name, value in body.items():
            navigation = entities.relations.get(name)
            if navigation is not None and value is not None:
                self._relate(draft, navigation, value, given, depth)
        needs = ("Datastream",) if entities is OBSERVATIONS else FORMS[entities.name].needs
        for need in needs:
            if need != given and not draft.related.get(need):
                raise MissingRelation(
                    below(path, need), f"{entities.one} needs this: a link {{'@iot.id': 1}}, or a new one"
                )
        return draft

    def _columns(self, draft: Draft, body: Mapping[str, Any]) -> None:
        form, path = FORMS[draft.entities.name], draft.path
        for name, value in body.items():
            here = below(path, name)
            if name == GIVEN_KEY:
                draft.key = _key(value, here, keyed=form.keyed)
            elif name == ID:
                raise InvalidValue(
                    here, f"ids are given by the server; a key of your own goes into {GIVEN_KEY}"
                )
            elif name in form.by_name:
                one = form.by_name[name]
                draft.columns |= zip(one.columns, one.check(value, here), strict=True)
            else:
                check_known(draft.entities, name, here)
        for one in form.fields:
            if one.name in body:
                continue
            if one.default is None:
                raise MissingProperty(below(path, one.name), f"{draft.entities.one} needs this")
            draft.columns |= zip(one.columns, one.default, strict=True)

    def _relate(
        self, draft: Draft, navigation: Navigation, value: Any, given: str | None, depth: int
    ) -> None:
        path, target = below(draft.path, navigation.name), target_of(navigation)
        if navigation.name == given and not navigation.many:
            raise InvalidValue(path, "this is what it is made in: leave it out")
        back = BACK.get((draft.entities.name, navigation.name))
        related: list[Draft | Link] = []
        for each, where in _each(navigation, value, path):
            if ID in each:
                related.append(_link(target, each, where))
            else:
                related.append(self.draft(target, each, where, back, depth + 1))
        draft.related[navigation.name] = related


def links_of(entities: EntitySet, name: str, value: Any) -> list[Link]:
    """What a change links an entity to.

    Raises:
        InlineEntity: a new entity.
        InvalidValue: something else.
    """
    navigation, path = entities.relations[name], below(ROOT, name)
    links: list[Link] = []
    for each, where in _each(navigation, value, path):
        if ID not in each:
            raise InlineEntity(where, "a change only links: name an entity that is there by its @iot.id")
        links.append(_link(target_of(navigation), each, where))
    return links


def check_known(entities: EntitySet, name: str, path: str) -> None:
    """Raise `UnknownProperty` unless it is a relation, something that others compute, or part of a GET's answer."""
    if name.startswith("@iot.") or name.endswith(_CONTROL):
        return
    if name in entities.relations or name in entities.by_name:
        return
    known = ", ".join([*entities.by_name, *entities.relations])
    raise UnknownProperty(path, f"{entities.one} has no {shorten(name)}; it has {known}")


def _each(navigation: Navigation, value: Any, path: str) -> Sequence[tuple[dict[str, Any], str]]:
    if navigation.many:
        if not isinstance(value, list):
            raise InvalidValue(path, "a list of entities is wanted: [{'@iot.id': 1}]")
        items = [(one, f"{path}[{number}]") for number, one in enumerate(cast("list[Any]", value))]
    else:
        items = [(value, path)]
    for one, where in items:
        if not isinstance(one, dict):
            raise InvalidValue(where, "an entity is wanted: a link {'@iot.id': 1}, or a new one {'name': …}")
    return items


def _link(target: EntitySet, value: Mapping[str, Any], path: str) -> Link:
    wanted = value[ID]
    if isinstance(wanted, bool) or not isinstance(wanted, int | str):
        raise InvalidValue(below(path, ID), "an id is a whole number, or a key as text")
    return Link(target, wanted, path)


def _key(value: Any, path: str, *, keyed: bool) -> str:
    if not keyed:
        raise UnknownProperty(path, "only Things, Datastreams, Sensors and ObservedProperties have keys")
    if not isinstance(value, str) or not KEY.fullmatch(value):
        raise InvalidValue(path, "1-127 of A-Z a-z 0-9 . _ ~ : - are wanted, the first a letter or digit")
    return value
