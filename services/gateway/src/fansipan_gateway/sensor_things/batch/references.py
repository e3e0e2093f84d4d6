"""References to the results of earlier requests: `$1/Datastreams`, `Things($1)`, `{"@iot.id": "$1"}`."""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from fansipan_gateway.sensor_things.batch.domain import BadPart, DependencyFailed, Part, PartAnswer
from fansipan_gateway.sensor_things.model.entity import ID, ID_NAMES, SELF_LINK

_NAME: Final = r"\$(?P<name>[\w.~-]{1,100})"
_BEGINNING: Final = re.compile(_NAME + r"(?=[/?]|$)")
_AS_ID: Final = re.compile(r"\(" + _NAME + r"\)")
_WHOLE: Final = re.compile(_NAME)
_ID: Final = re.compile(r"\(([^()]+)\)/?$")
_MAX_DEPTH: Final = 60
_OPTIONS: Final = frozenset({"ref", "value", "batch", "metadata"})


class Results:
    """What became of earlier requests, by their names."""

    def __init__(self) -> None:
        self._answers: dict[str, PartAnswer] = {}
        self._groups: dict[str, bool] = {}

    def put(self, part: Part, answer: PartAnswer) -> None:
        """Remember an answer."""
        if part.id is not None:
            self._answers[part.id] = answer
        if part.group is not None:
            self._groups[part.group] = self._groups.get(part.group, True) and answer.good

    def require(self, part: Part) -> None:
        """Check what a request says that it depends on.

        Raises:
            DependencyFailed: some of it failed, or is not behind us.
        """
        for name in part.depends_on:
            if not self._groups.get(name, name in self._answers and self._answers[name].good):
                raise DependencyFailed(f"request {name!r} did not succeed before this one")

    def url_of(self, url: str) -> str:
        """An address with its references resolved.

        Raises:
            DependencyFailed: there is no such result.
        """
        if (match := _BEGINNING.match(url)) and match["name"] not in _OPTIONS:
            return self._address(match["name"]) + url[match.end() :]
        path, mark, query = url.partition("?")
        return _AS_ID.sub(lambda match: f"({self._id(match['name'])})", path) + mark + query

    def shape_of(self, url: str) -> str:
        """An address with its references resolved where that can be done already: to which kind it leads."""
        try:
            return self.url_of(url)
        except DependencyFailed:
            return _AS_ID.sub("(0)", url)

    def body_of(self, body: bytes) -> bytes:
        """A body whose ids that are references are resolved; what is no JSON is left to who reads it.

        Raises:
            DependencyFailed: there is no such result.
        """
        if b'"$' not in body:
            return body
        try:
            content = orjson.loads(body)
        except orjson.JSONDecodeError:
            return body
        return orjson.dumps(self._resolved(content, 0))

    def _resolved(self, content: Any, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise BadPart(f"the body is nested deeper than {_MAX_DEPTH} levels")
        if isinstance(content, list):
            return [self._resolved(item, depth + 1) for item in content]
        if not isinstance(content, dict):
            return content
        return {
            name: self._id_value(match["name"])
            if name in ID_NAMES and isinstance(value, str) and (match := _WHOLE.fullmatch(value))
            else self._resolved(value, depth + 1)
            for name, value in content.items()
        }

    def _address(self, name: str) -> str:
        """Where the entity is that a request made, changed or read."""
        answer = self._answers.get(name)
        if answer is None or not answer.good:
            raise DependencyFailed(f"${name}: request {name!r} did not succeed before this one")
        if location := answer.headers.get("location"):
            return location
        link = _member(answer, SELF_LINK)
        if not isinstance(link, str):
            raise DependencyFailed(f"${name}: the answer to request {name!r} names no single entity")
        return link

    def _id(self, name: str) -> str:
        match = _ID.search(self._address(name))
        if match is None:
            raise DependencyFailed(f"${name}: the answer to request {name!r} names no single entity")
        return match[1]

    def _id_value(self, name: str) -> int | str:
        found = self._id(name)
        return int(found) if found.isdecimal() else found.strip("'")


def _member(answer: PartAnswer, name: str) -> Any:
    if "json" not in answer.headers.get("content-type", ""):
        return None
    content = orjson.loads(answer.body) if answer.body else None
    return content.get(name) if isinstance(content, Mapping) and ID in content else None
