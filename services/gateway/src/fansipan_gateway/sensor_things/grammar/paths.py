"""Resource paths: `Things(1)/Datastreams(2)/Observations`, `Locations(3)/location/$value`, `Things/$ref`."""

import re
from dataclasses import dataclass
from typing import Final

from fansipan_gateway.sensor_things.faults import BadSyntax
from fansipan_gateway.sensor_things.grammar.pieces import pieces_of

PLACE: Final = "path"
MAX_SEGMENTS: Final = 12
_MAX_TEXT: Final = 2_000
_SEGMENT: Final = re.compile(r"(?P<name>[\w@.$:-]+)(?:\((?P<id>[^()]*|'(?:[^']|'')*')\))?")
_WHOLE: Final = re.compile(r"-?\d{1,40}")


@dataclass(frozen=True, slots=True)
class Segment:
    """A name with perhaps an id: a whole number, or a key in quotes."""

    name: str
    id: int | str | None
    at: int


def parse_path(text: str) -> tuple[Segment, ...]:
    """The segments of a path relative to the service's root, percent-decoded; none for the root itself.

    Raises:
        BadSyntax: it is no path of this service, whatever it may hold.
    """
    text = text.strip("/")
    if not text:
        return ()
    if len(text) > _MAX_TEXT:
        raise BadSyntax(PLACE, _MAX_TEXT, f"longer than {_MAX_TEXT} characters")
    segments = tuple(_segment(text, start, stop) for start, stop in pieces_of(PLACE, text, "/", 0, len(text)))
    if len(segments) > MAX_SEGMENTS:
        raise BadSyntax(PLACE, segments[MAX_SEGMENTS].at, f"more than {MAX_SEGMENTS} segments")
    return segments


def split_query(text: str) -> tuple[str, str]:
    """A path, and options that stand behind it although a `?` was forgotten: `Things&$top=1`."""
    stop = next(pieces_of(PLACE, text, "&", 0, len(text)))[1]
    return text[:stop], text[stop + 1 :]


def _segment(text: str, start: int, stop: int) -> Segment:
    match = _SEGMENT.fullmatch(text, start, stop)
    if match is None:
        raise BadSyntax(
            PLACE, start, "a name is wanted here, perhaps with an id: Things(1) or Things('provider/thing')"
        )
    id_text = match["id"]
    if id_text is None:
        return Segment(match["name"], None, start)
    id_text = id_text.strip()
    if _WHOLE.fullmatch(id_text):
        return Segment(match["name"], int(id_text), start)
    if len(id_text) >= 2 and id_text[0] == id_text[-1] == "'":
        return Segment(match["name"], id_text[1:-1].replace("''", "'"), start)
    raise BadSyntax(PLACE, match.start("id"), "an id is a whole number, or a key in single quotes")
