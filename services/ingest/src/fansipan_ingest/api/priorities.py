"""Which requests are refused first when there are too many."""

from typing import Final

from fansipan_common.admission import Priority

_NEVER: Final = frozenset({"/healthz", "/readyz", "/metrics"})


def priority_of(_method: str, path: str) -> Priority:
    """What sends something, through whichever door, is taken while there is room; health and metrics always."""
    return Priority.HIGH if path in _NEVER else Priority.NORMAL
