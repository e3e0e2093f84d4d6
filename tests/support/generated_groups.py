"""Requests that make, change, link and delete entities, as they come; and what they have left."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from tests.integration.gateway.sensor_things_writing.conftest import (
    World,
    datastream,
    location,
    observed_property,
    sensor,
    thing,
)
from tests.support.atomic_groups import request

# What is there of a provider whose name has a tag, and what it is linked to: without ids, which differ.
_LEFT = """
SELECT 'thing' AS kind, t.key, t.name, t.area_code,
       array(SELECT l.name FROM thing_location tl JOIN location l ON l.id = tl.location_id
              WHERE tl.thing_id = t.id ORDER BY 1) AS linked
  FROM thing t WHERE t.provider_id = $1 AND t.name LIKE $2
UNION ALL
SELECT 'location', '', l.name, l.description,
       array(SELECT coalesce(f.name, '') FROM feature_of_interest f WHERE f.location_id = l.id)
  FROM location l WHERE l.provider_id = $1 AND l.name LIKE $2
UNION ALL
SELECT 'sensor', split_part(s.key, '/', 2), s.name, s.description, '{}' FROM sensor s
 WHERE s.provider_id = $1 AND s.name LIKE $2
UNION ALL
SELECT 'property', split_part(o.key, '/', 2), o.name, o.description, '{}' FROM observed_property o
 WHERE o.provider_id = $1 AND o.name LIKE $2
UNION ALL
SELECT 'datastream', substr(d.key, strpos(d.key, '/')), d.name, d.description, ARRAY[t.name, s.name, o.name]
  FROM datastream d JOIN thing t ON t.id = d.thing_id JOIN sensor s ON s.id = d.sensor_id
  JOIN observed_property o ON o.id = d.observed_property_id
 WHERE t.provider_id = $1 AND d.name LIKE $2
ORDER BY 1, 2, 3, 4, 5
"""


@dataclass(frozen=True)
class Step:
    """Something to do with what earlier steps have made, by places among these."""

    what: str
    name: str
    first: int
    second: int


STEPS = st.builds(
    Step,
    st.sampled_from(
        [
            "thing",
            "thing",
            "location",
            "sensor",
            "property",
            "datastream",
            "rename",
            "move",
            "delete",
            "delete",
            "bad",
            "key",
        ]
    ),
    st.sampled_from(["bơm", "van"]),
    st.integers(0, 5),
    st.integers(0, 5),
)


def requests_of(steps: list[Step], tag: str) -> list[dict[str, Any]]:
    """The requests of a batch: entities to begin with, then a request for each step. What is made has the tag."""
    made: list[tuple[str, str]] = [("thing", "thing0"), ("location", "location0"), ("sensor", "sensor0")]
    found = [
        request("location0", "post", "Locations", location(f"{tag} chỗ")),
        request("thing0", "post", "Things", thing(f"{tag} trạm", Locations=[{"@iot.id": "$location0"}])),
        request("sensor0", "post", "Sensors", sensor(f"{tag} máy")),
    ]
    sets = {"thing": "Things", "location": "Locations", "sensor": "Sensors", "property": "ObservedProperties",
            "datastream": "Datastreams"}  # fmt: skip

    def one(place: int, *kinds: str) -> tuple[str, str]:
        of_kind = [each for each in made if each[0] in kinds]
        return of_kind[place % len(of_kind)]

    for number, step in enumerate(steps, start=1):
        name, title = f"{step.what}{number}", f"{tag} {step.name}"
        here = [{"@iot.id": f"${one(step.second, 'location')[1]}"}]
        body: Any
        match step.what:
            case "thing":
                body = thing(title, Locations=here)
            case "location":
                body = location(title)
            case "sensor":
                body = sensor(title)
            case "property":
                body = observed_property(title)
            case "datastream":
                body = datastream(
                    title,
                    Thing={"@iot.id": f"${one(step.first, 'thing')[1]}"},
                    Sensor={"@iot.id": f"${one(step.second, 'sensor')[1]}"},
                    ObservedProperty=observed_property(title),
                )
            case "rename":
                found.append(
                    request(name, "patch", f"${one(step.first, *sets)[1]}", {"name": f"{title} mới"})
                )
                continue
            case "move":
                found.append(request(name, "patch", f"${one(step.first, 'thing')[1]}", {"Locations": here}))
                continue
            case "delete":
                kind, target = one(step.first, *sets)
                found.append(request(name, "delete", f"{sets[kind]}(${target})"))
                continue
            case "bad":
                found.append(request(name, "post", "Things", {"name": title, "unknown": True}))
                continue
            case _:
                body = thing(title, **{"@fansipan.key": f"{tag}-{step.name}"})
        kind = step.what if step.what in sets else "thing"
        found.append(request(name, "post", sets[kind], body))
        made.append((kind, name))
    return found


async def left(world: World, provider: int, tag: str) -> list[tuple[Any, ...]]:
    """What there is with a tag of a provider."""
    return [tuple(row) for row in await world.owner.fetch(_LEFT, provider, f"{tag} %")]
