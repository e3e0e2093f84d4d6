"""The data of a record in `observations.v1`: many observations for one partition, column by column.

JSON columns rather than an array of objects: a record of 500 rows is a few long arrays of numbers, which any
language reads and numpy reads without touching single rows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from fansipan_common.contracts.identity import MAX_DATASTREAM_ID, MAX_MILLISECOND
from fansipan_common.contracts.observation import MAX_FEATURE_ID, MAX_RESULT

CONTENT_TYPE = "application/json"
EVENT_TYPE = "vn.fansipan.observations.v1"


class MalformedBatch(ValueError):
    """The data of a record is no observation batch: a fault of whoever published it."""


@dataclass(frozen=True, slots=True)
class ObservationBatch:
    """n observations of one provider and one Kafka partition.

    Attributes:
        datastream_ids: int32[n].
        phenomenon_ms: int64[n], Unix time in ms.
        result: float64[n]; NaN where the result is no number.
        result_json: n values, None where the result is a number; or None when all are numbers.
        result_quality: n codes (0 good, 1 suspect, 2 bad) or None each; None when none is stated.
        result_ms: n Unix times in ms or None each; None when none is stated.
        parameters: n objects or None each; None when none is stated.
        feature_ids: n ids of features of interest or None each; None when none is stated.
        deleted: n flags or None each: rows that take back what was sent, and have no result; None when none does.
    """

    datastream_ids: NDArray[np.int32]
    phenomenon_ms: NDArray[np.int64]
    result: NDArray[np.float64]
    result_json: list[Any] | None = None
    result_quality: list[int | None] | None = None
    result_ms: list[int | None] | None = None
    parameters: list[dict[str, Any] | None] | None = None
    feature_ids: list[int | None] | None = None
    deleted: list[bool | None] | None = None

    def __len__(self) -> int:
        return len(self.datastream_ids)

    @property
    def is_plain(self) -> bool:
        """Whether the rows have nothing but a numeric result (nearly all have nothing else)."""
        return (
            self.result_json is None
            and self.result_quality is None
            and self.result_ms is None
            and self.parameters is None
            and self.feature_ids is None
            and self.deleted is None
        )


def encode_columns(
    *,
    datastream_keys: dict[int, str],
    datastream_ids: list[int],
    phenomenon_ms: list[int],
    result: list[Any],
    result_quality: list[int | None] | None = None,
    result_ms: list[int | None] | None = None,
    parameters: list[dict[str, Any] | None] | None = None,
    feature_ids: list[int | None] | None = None,
    deleted: list[bool | None] | None = None,
) -> bytes:
    """Encode n rows as the JSON data of one record.

    `datastream_keys` names each id that occurs, so that a consumer needs no registry to read the record.
    `result` holds numbers, text, booleans and objects as they are; where a row is deleted, None.
    """
    columns: dict[str, Any] = {
        "datastreams": datastream_keys,
        "datastreamId": datastream_ids,
        "phenomenonTime": phenomenon_ms,
        "result": result,
    }
    if result_quality is not None:
        columns["resultQuality"] = result_quality
    if result_ms is not None:
        columns["resultTime"] = result_ms
    if parameters is not None:
        columns["parameters"] = parameters
    if feature_ids is not None:
        columns["featureId"] = feature_ids
    if deleted is not None:
        columns["deleted"] = deleted
    return orjson.dumps(columns, option=orjson.OPT_NON_STR_KEYS)


def decode_columns(data: bytes | None) -> ObservationBatch:
    """Decode and check the data of one record.

    Raises:
        MalformedBatch: it is no JSON, a column is missing or of another length, or a value is out of range.
    """
    try:
        columns = orjson.loads(data or b"")
    except orjson.JSONDecodeError as error:
        raise MalformedBatch(f"not JSON: {error}") from error
    if not isinstance(columns, dict):
        raise MalformedBatch("not a JSON object")
    ids = _integers(columns, "datastreamId", low=1, high=MAX_DATASTREAM_ID)
    times = _integers(columns, "phenomenonTime", low=0, high=MAX_MILLISECOND)
    results = columns.get("result")
    if not isinstance(results, list) or not len(ids) == len(times) == len(results):
        raise MalformedBatch("datastreamId, phenomenonTime and result are not arrays of one length")
    size = len(ids)
    deleted = _optional(columns, "deleted", size, lambda v: type(v) is bool)
    numbers, others = _results(results if deleted is None else _without(results, deleted))
    if deleted is not None:
        numbers[[flag is True for flag in deleted]] = np.nan
    return ObservationBatch(
        datastream_ids=ids.astype(np.int32),
        phenomenon_ms=times,
        result=numbers,
        result_json=others,
        result_quality=_optional(columns, "resultQuality", size, lambda v: type(v) is int and 0 <= v <= 2),
        result_ms=_optional(
            columns, "resultTime", size, lambda v: type(v) is int and 0 <= v <= MAX_MILLISECOND
        ),
        parameters=_optional(columns, "parameters", size, lambda v: isinstance(v, dict)),
        feature_ids=_optional(
            columns, "featureId", size, lambda v: type(v) is int and 0 < v <= MAX_FEATURE_ID
        ),
        deleted=deleted,
    )


def _integers(columns: dict[str, Any], name: str, *, low: int, high: int) -> NDArray[np.int64]:
    values = columns.get(name)
    if not isinstance(values, list):
        raise MalformedBatch(f"{name} is missing or no array")
    if not values:
        return np.empty(0, dtype=np.int64)
    array = np.asarray(values) if _flat(values) else None
    if array is None or array.dtype.kind != "i" or array.min() < low or array.max() > high:
        raise MalformedBatch(f"{name} holds something that is no integer in {low}..{high}")
    return array.astype(np.int64, copy=False)


def _without(values: list[Any], deleted: list[bool | None]) -> list[Any]:
    """The results with a number in place of those of deleted rows, which have none."""
    if any(flag and value is not None for value, flag in zip(values, deleted, strict=True)):
        raise MalformedBatch("result holds something for a deleted row")
    return [0.0 if flag else value for value, flag in zip(values, deleted, strict=True)]


def _results(values: list[Any]) -> tuple[NDArray[np.float64], list[Any] | None]:
    kinds = set(map(type, values))
    if kinds <= {int, float}:
        return _bounded(np.asarray(values, dtype=np.float64)), None
    if not kinds <= {int, float, str, bool, dict}:
        raise MalformedBatch("result holds something that is no number, text, boolean or object")
    is_number = [type(value) in (int, float) for value in values]
    numbers = np.asarray(
        [value if number else np.nan for value, number in zip(values, is_number, strict=True)], np.float64
    )
    return _bounded(numbers), [
        None if number else value for value, number in zip(values, is_number, strict=True)
    ]


def _bounded(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    if (np.abs(numbers) > MAX_RESULT).any():  # NaN, no number, compares false
        raise MalformedBatch(f"result holds a number beyond {MAX_RESULT:g}")
    return numbers


def _optional(columns: dict[str, Any], name: str, size: int, valid: Any) -> list[Any] | None:
    values = columns.get(name)
    if values is None:
        return None
    if not isinstance(values, list) or len(values) != size:
        raise MalformedBatch(f"{name} is no array of {size}")
    if not all(value is None or valid(value) for value in values):
        raise MalformedBatch(f"{name} holds a value outside its range")
    return values


def _flat(values: list[Any]) -> bool:
    return set(map(type, values)) == {int}
