"""`$resultFormat=dataArray`: observations as rows, grouped by datastream."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fansipan_gateway.domain.results import Row
from fansipan_gateway.sensor_things.model.entity import ID_NAMES
from fansipan_gateway.sensor_things.planner.comparisons import split
from fansipan_gateway.sensor_things.planner.levels import Level
from fansipan_gateway.sensor_things.rendering.values import at, shown

_DEFAULT: Final = ("id", "phenomenonTime", "result", "resultTime")


def data_arrays(level: Level, rows: Sequence[Row], root: str) -> list[dict[str, Any]]:
    """A group for each datastream, in the order in which they come.

    Components are those of `$select` in its order, else id, phenomenonTime, result and resultTime.
    """
    names = [
        name
        for name in level.options.select or _DEFAULT
        if name in ID_NAMES or name.partition("/")[0] in level.entities.by_name
    ]
    places = {found.name: number for number, found in enumerate(level.fields, start=1)}
    groups: dict[int, list[list[Any]]] = {}
    for row in rows[: level.limit]:
        values = list(row)
        line = [values[0] if name in ID_NAMES else _cell(level, name, values, places) for name in names]
        groups.setdefault(split(values[0])[0], []).append(line)
    return [
        {
            "Datastream@iot.navigationLink": f"{root}/Datastreams({datastream})",
            "components": ["id" if name in ID_NAMES else name for name in names],
            "dataArray@iot.count": len(lines),
            "dataArray": lines,
        }
        for datastream, lines in groups.items()
    ]


def _cell(level: Level, name: str, values: Sequence[Any], places: Mapping[str, int]) -> Any:
    first, *keys = name.split("/")
    return at(shown(level.entities.by_name[first], values[places[first]]), keys)
