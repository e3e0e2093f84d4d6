"""The public id of an observation, derived from its identity (datastream, millisecond)."""

from typing import Final

_MILLISECOND_BITS: Final = 42

MAX_DATASTREAM_ID: Final = (1 << 21) - 1
"""Datastream ids take 21 bits: 2,097,151 datastreams a province."""

MAX_MILLISECOND: Final = (1 << _MILLISECOND_BITS) - 1
"""Milliseconds since 1970-01-01T00:00Z take 42 bits: until 2109-05-15."""


def observation_id(datastream_id: int, millisecond: int) -> int:
    """Pack a datastream id (21 bits) and a Unix time in ms (42 bits) into a positive 63-bit integer.

    Raises:
        ValueError: either part does not fit.
    """
    if not 0 < datastream_id <= MAX_DATASTREAM_ID:
        raise ValueError(f"datastream id {datastream_id} is not in 1..{MAX_DATASTREAM_ID}")
    if not 0 <= millisecond <= MAX_MILLISECOND:
        raise ValueError(f"millisecond {millisecond} is not in 0..{MAX_MILLISECOND}")
    return datastream_id << _MILLISECOND_BITS | millisecond


def split_observation_id(value: int) -> tuple[int, int]:
    """Return (datastream id, Unix time in ms) of an observation id.

    Raises:
        ValueError: the value is no observation id.
    """
    datastream_id, millisecond = value >> _MILLISECOND_BITS, value & MAX_MILLISECOND
    if not 0 < datastream_id <= MAX_DATASTREAM_ID:
        raise ValueError(f"{value} is no observation id")
    return datastream_id, millisecond
