"""What a micro-batch means for observations that it takes back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fansipan_analytics.domain.identity import Key, Stored


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an observation in the history: its value, and whether it was taken back (else: replaced)."""

    key: Key
    value: Stored
    deleted: bool


@dataclass(slots=True)
class Settled:
    """What is to be done about some identities.

    Attributes:
        inserts: observations that are not stored, or not any more, and have to be.
        updates: stored ones that get another value.
        removals: stored ones that are taken back.
        history: what was replaced or taken back, in that order.
        repeats: rows that changed nothing: the same again, or taking back what is not there.
        removed: how many were taken back, also such as the same micro-batch had brought or brought again.
    """

    inserts: dict[Key, Stored] = field(default_factory=dict)
    updates: dict[Key, Stored] = field(default_factory=dict)
    removals: list[Key] = field(default_factory=list)
    history: list[Kept] = field(default_factory=list)
    repeats: int = 0
    removed: int = 0


def settle(rows: Iterable[tuple[Key, Stored]], existing: Mapping[Key, Stored]) -> Settled:
    """Walk through rows in order of arrival, some of which take back what is stored in `existing` or came before."""
    settled = Settled()
    present: dict[Key, Stored | None] = {}
    for key, value in rows:
        before = present[key] if key in present else existing.get(key)
        if value.is_deletion:
            present[key] = None
            if before is None:
                settled.repeats += 1
            else:
                settled.history.append(Kept(key, before, deleted=True))
                settled.removed += 1
            continue
        present[key] = value
        if before == value:
            settled.repeats += 1
        elif before is not None:
            settled.history.append(Kept(key, before, deleted=False))
    for key, value in present.items():
        stored = existing.get(key)
        if value is None:
            if stored is not None:
                settled.removals.append(key)
        elif stored is None:
            settled.inserts[key] = value
        elif value != stored:
            settled.updates[key] = value
    return settled
