"""One form for what something was done to, also for events of before there was one: events are never rewritten."""

from typing import Final

BARE_KINDS: Final = {"session": "operator", "operator": "operator", "period": "period"}
"""Nouns of actions whose object was once written without its kind, and that kind."""


def object_of(action: str, written: str) -> str:
    """The object of an event as `<kind>/<key>`."""
    kind = BARE_KINDS.get(action.partition(".")[0])
    if kind is None or not written or written.startswith(f"{kind}/"):
        return written
    return f"{kind}/{written}"
