"""Where pages of inputs end: a cursor for each kind of input."""

from datetime import UTC, datetime
from typing import Final

from fansipan_gateway.domain.cursor import BadCursor, decode_cursor, encode_cursor
from fansipan_gateway.domain.results import Row, moment_of
from fansipan_indicators.cases import Case

_READINGS: Final = "explain-readings"
_CORRECTIONS: Final = "explain-corrections"
_THINGS: Final = "explain-things"
_CASES: Final = "explain-cases"
_EVER: Final = datetime(1900, 1, 1, tzinfo=UTC)


def behind_bucket(row: Row) -> str:
    """The cursor behind a rollup."""
    return encode_cursor(_READINGS, int(row["bucket"].timestamp() * 1000), row["datastream_id"])


def bucket_in(cursor: str | None) -> tuple[datetime, int]:
    """The rollup (bucket, datastream id) that a cursor stands behind; raises BadCursor."""
    if cursor is None:
        return _EVER, 0
    ms, datastream_id = decode_cursor(_READINGS, cursor, int, int)
    try:
        return moment_of(int(ms)), _int32(datastream_id)
    except OverflowError as error:
        raise BadCursor from error


def behind_correction(row: Row) -> str:
    """The cursor behind a correction."""
    return encode_cursor(_CORRECTIONS, row["id"])


def correction_in(cursor: str | None) -> int:
    """The id of the correction that a cursor stands behind; raises BadCursor."""
    return 0 if cursor is None else int(decode_cursor(_CORRECTIONS, cursor, int)[0])


def behind_thing(key: str) -> str:
    """The cursor behind a thing."""
    return encode_cursor(_THINGS, key)


def thing_in(cursor: str | None) -> str:
    """The key of the thing that a cursor stands behind; raises BadCursor."""
    return "" if cursor is None else str(decode_cursor(_THINGS, cursor, str)[0])


def behind_case(case: Case) -> str:
    """The cursor behind a case."""
    return encode_cursor(_CASES, case.provider_id, case.case_id)


def case_in(cursor: str | None) -> tuple[int, str]:
    """The case (provider id, case id) that a cursor stands behind; raises BadCursor."""
    if cursor is None:
        return 0, ""
    provider_id, case_id = decode_cursor(_CASES, cursor, int, str)
    return _int32(provider_id), str(case_id)


def _int32(part: int | str) -> int:
    if not isinstance(part, int) or not 0 <= part < 1 << 31:
        raise BadCursor
    return part
