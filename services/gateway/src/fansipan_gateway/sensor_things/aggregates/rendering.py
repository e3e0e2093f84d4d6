"""Figures as JSON and CSV."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import groupby
from typing import Any, Final

import orjson

from fansipan_gateway.domain.results import Row
from fansipan_gateway.sensor_things.aggregates.domain import Function

_NUMBERS: Final = {
    name: place for place, name in enumerate(("count", "sum", "min", "max", "first", "last"), 2)
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What was computed.

    Attributes:
        rows: `datastream_id, place, count, sum, min, max, first, last`.
        edges: of the intervals.
        zone: in which their ends are written.
        functions: what is shown.
        single: whether one datastream was asked for.
        next_link: where more follow.
    """

    rows: Sequence[Row]
    edges: Sequence[datetime]
    zone: tzinfo
    functions: Sequence[Function]
    single: bool
    next_link: str | None = None


def json_text(figures: Figures, root: str) -> bytes:
    """`{"value": [{"phenomenonTime": "begin/end", "result": …, "avg": …}]}`; of several datastreams, a group for each.

    `result` is the first of the functions, for clients that know observations only.
    """
    if figures.single:
        more = {} if figures.next_link is None else {"@iot.nextLink": figures.next_link}
        return orjson.dumps({**more, "value": [_item(row, figures) for row in figures.rows]})
    groups = groupby(figures.rows, key=lambda row: row[0])
    return orjson.dumps(
        {
            "value": [
                {
                    "Datastream@iot.navigationLink": f"{root}/Datastreams({datastream})",
                    "@iot.id": datastream,
                    "aggregates": [_item(row, figures) for row in rows],
                }
                for datastream, rows in groups
            ]
        }
    )


def csv_text(figures: Figures) -> bytes:
    """A header and a line for each interval: `datastream,begin,end,avg,…`."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["datastream", "begin", "end", *figures.functions])
    for row in figures.rows:
        begin, end = _ends(row, figures)
        writer.writerow([row[0], begin, end, *_values(row, figures.functions).values()])
    return out.getvalue().encode()


def _item(row: Row, figures: Figures) -> dict[str, Any]:
    values = _values(row, figures.functions)
    return {
        "phenomenonTime": "/".join(_ends(row, figures)),
        "result": values[figures.functions[0].value],
        **values,
    }


def _values(row: Row, functions: Sequence[Function]) -> Mapping[str, Any]:
    return {
        function.value: row[3] / row[2] if function is Function.AVG else row[_NUMBERS[function]]
        for function in functions
    }


def _ends(row: Row, figures: Figures) -> tuple[str, str]:
    place = row[1]
    return _shown(figures.edges[place], figures.zone), _shown(figures.edges[place + 1], figures.zone)


def _shown(moment: datetime, zone: tzinfo) -> str:
    text = moment.astimezone(zone).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z" if zone is UTC or text.endswith("+00:00") else text
