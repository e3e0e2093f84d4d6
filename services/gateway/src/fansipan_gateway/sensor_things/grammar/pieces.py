"""Cutting a text at separators that stand outside of quotes and parentheses."""

from collections.abc import Iterator

from fansipan_gateway.sensor_things.faults import BadSyntax


def pieces_of(option: str, text: str, separator: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Begin and end of each piece of `text[begin:end]`.

    Raises:
        BadSyntax: quotes or parentheses do not match.
    """
    opened: list[int] = []
    quoted: int | None = None
    start = begin
    for at in range(begin, end):
        character = text[at]
        if character == "'":
            quoted = at if quoted is None else None
        elif quoted is not None:
            continue
        elif character == "(":
            opened.append(at)
        elif character == ")":
            if not opened:
                raise BadSyntax(option, at, "this ) closes nothing")
            opened.pop()
        elif character == separator and not opened:
            yield start, at
            start = at + 1
    if quoted is not None:
        raise BadSyntax(option, quoted, "this string does not end: close it with '")
    if opened:
        raise BadSyntax(option, opened[-1], "this ( is not closed")
    yield start, end
