"""Rows of the time series as JSON items.

Text is put together by hand because a page is a thousand small objects of one shape: making a dict of each, and JSON of
that, would cost more than reading the rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from fansipan_gateway.domain.results import Row, quality_of, result_of


def raw_items(rows: Sequence[Row], keys: Mapping[int, str]) -> str:
    """Items of raw rows (`datastream_id, ms, result, result_json, result_quality`), joined by commas."""
    if not rows:
        return ""
    ids, ms, numbers, others, qualities = zip(*rows, strict=True)
    heads = {i: f'{{"datastream":{orjson.dumps(key).decode()},"phenomenonTime":"' for i, key in keys.items()}
    if set(others) == {None} == set(qualities):
        results = [f'{number!r},"resultQuality":null}}' for number in numbers]
    else:
        results = [
            f'{_json(result_of(number, other))},"resultQuality":{_json(quality_of(quality))}}}'
            for number, other, quality in zip(numbers, others, qualities, strict=True)
        ]
    return ",".join(
        [
            f'{heads[i]}{time}Z","result":{rest}'
            for i, time, rest in zip(ids, instants(ms), results, strict=True)
        ]
    )


def rollup_items(rows: Sequence[Row], keys: Mapping[int, str]) -> str:
    """Items of rollups (`datastream_id, ms, count, sum, min, max, first, last`), joined by commas."""
    if not rows:
        return ""
    ids, ms, counts, sums, *others = zip(*rows, strict=True)
    heads = {i: f'{{"datastream":{orjson.dumps(key).decode()},"bucket":"' for i, key in keys.items()}
    means = [total / count for total, count in zip(sums, counts, strict=True)]
    figures = map(_numbers, (counts, sums, *others, means))
    return ",".join(
        [
            f'{heads[i]}{time}Z","count":{count},"sum":{total},"min":{least},"max":{most}'
            f',"first":{first},"last":{last},"mean":{mean}}}'
            for i, time, count, total, least, most, first, last, mean in zip(
                ids, instants(ms), *figures, strict=True
            )
        ]
    )


def _numbers(values: Sequence[float]) -> list[str]:
    """Each number as JSON, written as one array."""
    return orjson.dumps(values).decode()[1:-1].split(",")


def instants(ms: Sequence[int]) -> list[str]:
    """RFC 3339 without the Z: `2026-07-01T00:00:00.000`."""
    times = np.array(ms, np.int64)
    if (times % 1000).any():
        return np.datetime_as_string(times.astype("datetime64[ms]"), unit="ms").tolist()
    whole = orjson.dumps((times // 1000).astype("datetime64[s]"), option=orjson.OPT_SERIALIZE_NUMPY)
    return [f"{time}.000" for time in orjson.loads(whole)]  # nearly all times are whole


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
