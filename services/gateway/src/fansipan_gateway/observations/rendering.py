"""Rows of the time series as JSON items."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from fansipan_common.contracts import observation_id
from fansipan_gateway.domain.results import Row, microseconds_of, quality_of, result_of
from fansipan_gateway.domain.time_range import format_instant


def item_head(key: str) -> str:
    """The beginning of each item of a datastream: `{"datastream":"…",`."""
    return f'{{"datastream":{orjson.dumps(key).decode()},'


def raw_items(rows: Sequence[Row], keys: Mapping[int, str]) -> str:
    """Items of raw rows (`datastream_id, phenomenon_time, result, result_json, result_quality`), joined by commas."""
    items: list[dict[str, Any]] = [
        {
            "datastream": keys[datastream_id],
            "id": str(observation_id(datastream_id, microseconds_of(time) // 1000)),
            "phenomenonTime": format_instant(time),
            "result": result_of(number, other),
            "resultQuality": quality_of(quality),
        }
        for datastream_id, time, number, other, quality in rows
    ]
    return orjson.dumps(items).decode()[1:-1]
