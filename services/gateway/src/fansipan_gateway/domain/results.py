"""A stored result as callers see it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from fansipan_common.contracts.observation import QUALITY_NAMES

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Row(Protocol):
    """A row that a repository returns: by column name or position; iterating gives the values."""

    def __getitem__(self, key: Any, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...


def result_of(number: float | None, other: Any) -> Any:
    """The result: a number, or else the text, boolean or object that was stored in its place."""
    return other if number is None else number


def quality_of(code: int | None) -> str | None:
    """`good`, `suspect`, `bad`, or None when the sender did not say."""
    return QUALITY_NAMES[code]


def moment_of(ms: int) -> datetime:
    """The UTC time of a Unix time in milliseconds.

    Raises:
        OverflowError: it is outside the years 1-9999.
    """
    return _EPOCH + timedelta(milliseconds=ms)
