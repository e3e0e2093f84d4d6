"""Whom a figure is about, and how callers write that."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from fansipan_gateway.indicators.domain.faults import BadSubject
from fansipan_indicators.definitions import SubjectKind as DefinedKind

SubjectKind = Literal["area", "agency", "procedure", "thing", "agency-procedure", "area-procedure"]
SUBJECT_PATTERN: Final = r"^[^\x00]*$"

_AREA: Final = re.compile(r"[0-9]{2}([0-9]{3})?", re.ASCII)
_CODE: Final = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}"
_KEYS: Final[dict[SubjectKind, re.Pattern[str]]] = {
    "agency": re.compile(_CODE, re.ASCII),
    "procedure": re.compile(_CODE, re.ASCII),
    "thing": re.compile(r"[a-z0-9][a-z0-9._-]{0,62}/[A-Za-z0-9][A-Za-z0-9._~:-]{0,126}", re.ASCII),
    "agency-procedure": re.compile(rf"{_CODE}\|{_CODE}", re.ASCII),
    "area-procedure": re.compile(rf"[0-9]{{2}}([0-9]{{3}})?\|{_CODE}", re.ASCII),
}
_HOW: Final = (
    "write 02671 or 15 (an area), agency:<code>, procedure:<code>, thing:<provider>/<thing>, "
    "agency-procedure:<agency>|<procedure> or area-procedure:<area>|<procedure>"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a figure is about, as `indicator_subject` names it."""

    kind: SubjectKind
    key: str

    @property
    def reference(self) -> str:
        """How callers write it."""
        return self.key if self.kind == "area" else f"{self.kind}:{self.key}"

    @property
    def defined_kind(self) -> DefinedKind:
        """Its kind as definitions name it: there, communes and the province are told apart."""
        if self.kind == "area":
            return "province" if len(self.key) == 2 else "commune"
        return self.kind

    @property
    def area_code(self) -> str | None:
        """The area in it."""
        return self.key.split("|")[0] if self.kind in ("area", "area-procedure") else None


def parse_subject(text: str) -> Subject:
    """Read a subject as callers write it.

    Raises:
        BadSubject: it is not written so.
    """
    if _AREA.fullmatch(text):
        return Subject("area", text)
    name, colon, key = text.partition(":")
    for kind, pattern in _KEYS.items():
        if colon and name == kind and pattern.fullmatch(key):
            return Subject(kind, key)
    raise BadSubject(f"{text[:80]!r} is no subject: {_HOW}")


def chosen_subject(area: str | None, subject: str | None) -> Subject:
    """The one subject of a request that names it as `area` or as `subject`.

    Raises:
        BadSubject: neither or both are given, or it cannot be read.
    """
    if (area is None) == (subject is None):
        raise BadSubject(f"give either area=… or subject=…; {_HOW}")
    return Subject("area", area) if area is not None else parse_subject(subject or "")
