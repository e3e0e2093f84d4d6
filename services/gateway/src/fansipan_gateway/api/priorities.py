"""Which requests are refused first when there are too many."""

import re
from typing import Final

from fansipan_common.admission import Priority

_COUNTED: Final = ("/v1/", "/sta/")
_NEVER: Final = re.compile(r"/v1/(status|live|session|admin/read-only)(/.*)?")
"""How things are, and signing in to see it; streams have their own bounds."""
_FIRST: Final = re.compile(r"/sta/.*|/v1/.*/export|/v1/open-data/.*|/v1/indicators/[^/]+/what-if")
"""Files, and queries of any shape."""


def priority_of(method: str, path: str) -> Priority:
    """The priority of a request. Writes of SensorThings clients are no queries."""
    if not path.startswith(_COUNTED) or _NEVER.fullmatch(path):
        return Priority.HIGH
    if _FIRST.fullmatch(path) and not (
        path.startswith("/sta/") and method in ("POST", "PUT", "PATCH", "DELETE")
    ):
        return Priority.LOW
    return Priority.NORMAL
