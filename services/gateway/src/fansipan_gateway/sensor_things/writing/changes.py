"""What one request has changed, in order."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

MAX_TOLD: Final = 1_000
"""So many entities are told of; what is changed beside them in one transaction is not."""


class What(StrEnum):
    """What became of an entity."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Changed:
    """An entity that has changed: name of its set, id, and how."""

    entities: str
    id: int
    what: What


@dataclass(slots=True)
class Changes:
    """Collects what changes. Each entity is told of once; what was created is not updated, too."""

    _seen: dict[tuple[str, int], Changed] = field(default_factory=dict[tuple[str, int], Changed])

    def add(self, entities: str, what: What, *ids: int) -> None:
        """Entities of one set have changed."""
        for one in ids:
            known = self._seen.get((entities, one))
            if known is None or what is What.DELETED:
                self._seen[entities, one] = Changed(entities, one, what)

    def all(self) -> list[Changed]:
        """All, in order."""
        return list(self._seen.values())

    def created(self, entities: str) -> list[int]:
        """Ids of the entities of one set that were made."""
        return [c.id for c in self._seen.values() if c.entities == entities and c.what is What.CREATED]

    def by_set(self, leave_out: Iterable[tuple[str, int]] = ()) -> dict[str, dict[str, list[int]]]:
        """For the audit trail: what happened → set → ids, at most 1,000."""
        without = set(leave_out)
        found: dict[str, dict[str, list[int]]] = {}
        for one in self.all()[:MAX_TOLD]:
            if (one.entities, one.id) not in without:
                found.setdefault(one.what.value, {}).setdefault(one.entities, []).append(one.id)
        return found
