"""Pages of a list."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        items: ready to be serialised.
        cursor: where it ends; None: it is the last.
        pinned: parameters that the next page must fix.
    """

    items: list[dict[str, Any]]
    cursor: str | None
    pinned: Mapping[str, str | None] = field(default_factory=dict[str, str | None])


def page_of(
    rows: Sequence[_Row],
    limit: int,
    item: Callable[[_Row], dict[str, Any]],
    *,
    behind: Callable[[_Row], str],
) -> Page:
    """The page of the first `limit` rows. Ask for one row more: it is how we know whether there is another page.

    Args:
        rows: what was found.
        limit: items of a page.
        item: a row as it is shown.
        behind: the cursor that stands behind a row.
    """
    shown = rows[:limit]
    return Page([item(row) for row in shown], behind(shown[-1]) if len(rows) > limit else None)
