"""Comparing two SensorThings servers that hold the same entities under different ids."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from fansipan_gateway.sensor_things.model.entity import ID, SELF_LINK
from fansipan_gateway.sensor_things.model.sets import SETS

_ORDER: Final = (
    "Locations",
    "Things",
    "HistoricalLocations",
    "Sensors",
    "ObservedProperties",
    "Datastreams",
    "FeaturesOfInterest",
    "Observations",
)
_LINKED: Final = {
    "Things": ("Locations",),
    "HistoricalLocations": ("Thing", "Locations"),
    "Datastreams": ("Thing", "Sensor", "ObservedProperty"),
    "Observations": ("Datastream", "FeatureOfInterest"),
}
_COMPUTED: Final = {"Datastreams": frozenset({"observedArea", "phenomenonTime", "resultTime"})}
_NAMED: Final = re.compile(r"(\w+)\(#(\d+)\)")
_LINK: Final = re.compile(r"(\w+)\('?([\w-]+)'?\)")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")


@dataclass
class Server:
    """A server, and what its entities are called in comparisons: by their number in their set.

    Attributes:
        client: its base address is the root of the service.
        quoted: whether ids stand in quotes in addresses.
        ids: of each set, in the order of the numbers.
    """

    client: httpx.AsyncClient
    quoted: bool = False
    ids: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in SETS})

    @property
    def root(self) -> str:
        """Address of the service."""
        return str(self.client.base_url).rstrip("/")

    async def get(self, path: str) -> httpx.Response:
        """The answer at a path in which `Things(#0)` is the first thing."""
        return await self.client.get("/" + _NAMED.sub(self._with_id, path))

    def _with_id(self, match: re.Match[str]) -> str:
        found = self.ids[match[1]][int(match[2])]
        return f"{match[1]}('{found}')" if self.quoted else f"{match[1]}({found})"

    def named(self, answer: Any) -> Any:
        """An answer with `Things(#0)` in place of addresses and ids."""
        if isinstance(answer, list):
            return [self.named(item) for item in answer]
        if isinstance(answer, str) and answer.startswith(self.root):
            return _LINK.sub(self._number, answer.removeprefix(self.root + "/"))
        if not isinstance(answer, dict):
            return answer
        found = {name: self.named(value) for name, value in answer.items()}
        if ID in found:
            found[ID] = found.get(SELF_LINK, True)
        return found

    def _number(self, match: re.Match[str]) -> str:
        ids = [str(each) for each in self.ids.get(match[1], [])]
        return f"{match[1]}(#{ids.index(match[2])})" if match[2] in ids else match[0]


async def copy(source: Server, target: Server) -> None:
    """Write all that one server shows into another, as any client would, and remember what became of which."""
    numbers: dict[tuple[str, str], int] = {}
    for name in _ORDER:
        entities = await _all(source, name)
        for entity in entities:
            document = {
                key: value
                for key, value in entity.items()
                if "@iot." not in key and key not in _COMPUTED.get(name, ()) and value is not None
            }
            for relation in _LINKED.get(name, ()):
                related = document.pop(relation)
                many = isinstance(related, list)
                links = [
                    {ID: target.ids[kind][numbers[kind, str(each[ID])]]}
                    for each in (related if many else [related])
                    for kind in [SETS[name].relations[relation].target]
                ]
                document[relation] = links if many else links[0]
            response = await target.client.post(f"/{name}", json=document)
            assert response.status_code == 201, (name, document, response.text)
            location = _LINK.search(response.headers["location"].rpartition("/")[2])
            assert location is not None
            numbers[name, str(entity[ID])] = len(target.ids[name])
            target.ids[name].append(location[2] if target.quoted else int(location[2]))
            source.ids[name].append(entity[ID])


async def _all(source: Server, name: str) -> list[dict[str, Any]]:
    expand = ",".join(f"{relation}($select=id)" for relation in _LINKED.get(name, ()))
    response = await source.client.get(
        f"/{name}", params={"$top": "1000", **({"$expand": expand} if expand else {})}
    )
    assert response.status_code == 200, response.text
    return response.json()["value"]


Step = Callable[[Any], Any]


def everywhere(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Step:
    """A change of every object inside an answer."""

    def step(answer: Any) -> Any:
        if isinstance(answer, list):
            return [step(item) for item in answer]
        if isinstance(answer, dict):
            return change({name: step(value) for name, value in answer.items()})
        return answer

    return step


def instants(answer: Any) -> Any:
    """An answer with times in one form."""
    if isinstance(answer, Mapping):
        return {name: instants(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [instants(item) for item in answer]
    if isinstance(answer, str) and _TIME.fullmatch(answer):
        return datetime.fromisoformat(answer).astimezone(UTC).isoformat()
    return answer


def seconds(answer: Any) -> Any:
    """An answer with the fractions of seconds of such times left out."""
    if isinstance(answer, Mapping):
        return {name: seconds(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [seconds(item) for item in answer]
    return re.sub(r"(T\d\d:\d\d:\d\d)\.\d+", r"\1", answer) if isinstance(answer, str) else answer
