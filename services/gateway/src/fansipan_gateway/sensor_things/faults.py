"""What can be wrong with a request of the SensorThings API."""

from typing import Any, Final

from fansipan_common.errors import ClientFault, NotFound

_SHOWN: Final = 60


class BadSyntax(ClientFault):
    """A query option or a path cannot be read; `option` and `position` (from 1) say where."""

    code, title = "invalid-syntax", "Cannot be read"

    def __init__(self, option: str, at: int, problem: str) -> None:
        super().__init__(
            f"{option}, character {at + 1}: {problem}", extra={"option": option, "position": at + 1}
        )


class BadQuery(ClientFault):
    """A request that can be read and makes no sense."""

    code, title = "invalid-query", "Query makes no sense"

    def __init__(self, option: str, problem: str, at: int | None = None) -> None:
        place = "" if at is None else f", character {at + 1}"
        extra: dict[str, Any] = {"option": option}
        if at is not None:
            extra["position"] = at + 1
        super().__init__(f"{option}{place}: {problem}", extra=extra)


class TooExpensive(ClientFault):
    """The database would need longer than one answer may take."""

    code, title = "query-too-expensive", "Query takes too long"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"this takes longer than {seconds:g} s: ask for one Datastream, for a range of phenomenonTime, for fewer"
            " rows, or expand less"
        )


class NoSuchPath(NotFound):
    """Nothing is at that path."""

    code, title = "not-found", "Not found"


def shorten(text: str) -> str:
    """The beginning of a text, quoted, for a message."""
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def nothing_at(path: str) -> NoSuchPath:
    """Nothing is at a path that could be one."""
    return NoSuchPath(f"there is nothing at {path!r}")
