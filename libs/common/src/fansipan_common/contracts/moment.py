"""A point in time as it is written in requests."""

import re
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BeforeValidator

_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _rfc_3339(value: Any) -> Any:
    if isinstance(value, str) and not _RFC_3339.fullmatch(value):
        raise ValueError("a time is written as RFC 3339 with offset: 2026-07-01T08:00:00+07:00")
    if isinstance(value, int | float):
        raise ValueError("a time is text, RFC 3339 with offset")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_rfc_3339)]
"""A time with offset, written as RFC 3339. Digits alone could be seconds or milliseconds, so they are not taken."""
