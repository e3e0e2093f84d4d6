"""The hash chain of closed periods: figures that were frozen cannot change without it being seen.

Each frozen figure has the digest SHA-256(digest of the one before ‖ canonical JSON of the figure). The first of a close
follows the digest of the close before it, so all closes form one chain; the digest of the newest close vouches for all
of them. Write that one down outside of the database: who can rewrite every row could also rewrite every digest.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final, Protocol

GENESIS: Final = bytes(32)
"""What the first close of all follows."""

CLOSE_LOCK: Final = 4_241_767
"""PostgreSQL advisory lock: who writes figures takes it shared, who closes a period takes it alone."""


class Row(Protocol):
    """A row of `closed_value`, by column name."""

    def __getitem__(self, key: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class FrozenFigure:
    """A figure as it was when its period was closed.

    Attributes:
        period: label of the period: `2026-10`.
        ordinal: its place in the close, from 1.
        key, version, definition_digest: the indicator, and what its definition said.
        subject_kind, subject_key: whom it is about.
        revision: which revision of the figure was frozen.
    """

    period: str
    ordinal: int
    key: str
    version: int
    definition_digest: str
    subject_kind: str
    subject_key: str
    revision: int
    value: float | None
    band: str | None
    numerator: float | None
    denominator: float | None
    sample_count: int
    completeness: float | None

    @classmethod
    def of_row(cls, period: str, row: Row) -> "FrozenFigure":
        """A figure from a row with the columns of `closed_value`."""
        return cls(
            period=period,
            ordinal=row["ordinal"],
            key=row["key"],
            version=row["version"],
            definition_digest=row["definition_digest"],
            subject_kind=row["subject_kind"],
            subject_key=row["subject_key"],
            revision=row["revision"],
            value=row["value"],
            band=row["band"],
            numerator=row["numerator"],
            denominator=row["denominator"],
            sample_count=row["sample_count"],
            completeness=row["completeness"],
        )


def canonical(figure: FrozenFigure) -> bytes:
    """Canonical JSON, UTF-8: members by name, no spaces.

    A float is the shortest decimal that reads back as the same float (Python's `repr`), as a JSON string, so that every
    float has one text and no reader rounds it.
    """
    members = {
        "band": figure.band,
        "completeness": _exact(figure.completeness),
        "definitionDigest": figure.definition_digest,
        "denominator": _exact(figure.denominator),
        "indicator": figure.key,
        "numerator": _exact(figure.numerator),
        "ordinal": figure.ordinal,
        "period": figure.period,
        "revision": figure.revision,
        "sampleCount": figure.sample_count,
        "subjectKey": figure.subject_key,
        "subjectKind": figure.subject_kind,
        "value": _exact(figure.value),
        "version": figure.version,
    }
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _exact(value: float | None) -> str | None:
    return None if value is None else repr(float(value))


def link(previous: bytes, figure: FrozenFigure) -> bytes:
    """The digest of a figure that follows `previous`; 32 bytes."""
    return hashlib.sha256(previous + canonical(figure)).digest()


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain is broken.

    Attributes:
        what: `previous-close`, `missing-row`, `added-row`, `changed-row` or `changed-end`.
        ordinal, key, version, subject: the row, where it is one.
        detail: a sentence for a person.
    """

    what: str
    detail: str
    ordinal: int | None = None
    key: str | None = None
    version: int | None = None
    subject: str | None = None


class ChainCheck:
    """Recomputes the chain of one close, row by row.

    Args:
        previous: what the close says it follows.
        digest_before: the digest of the close before it; `GENESIS` for the first.
    """

    def __init__(self, previous: bytes, digest_before: bytes) -> None:
        self._digest = previous
        self._count = 0
        self.broken: Break | None = None
        if previous != digest_before:
            self.broken = Break(
                "previous-close",
                "it does not follow the digest of the close before it: one of them was changed",
            )

    def add(self, figure: FrozenFigure, stored: bytes) -> None:
        """Check the next row, in the order of ordinals; after a break nothing more is looked at."""
        if self.broken is not None:
            return
        self._count += 1
        if figure.ordinal != self._count:
            self.broken = Break(
                "missing-row" if figure.ordinal > self._count else "added-row",
                f"row {self._count} was expected and row {figure.ordinal} is there",
                ordinal=min(self._count, figure.ordinal),
            )
            return
        self._digest = link(self._digest, figure)
        if self._digest != stored:
            self.broken = Break(
                "changed-row",
                "the row does not have the digest that was stored with it: it was changed after the close",
                ordinal=figure.ordinal,
                key=figure.key,
                version=figure.version,
                subject=f"{figure.subject_kind}:{figure.subject_key}",
            )

    def end(self, value_count: int, digest: bytes) -> Break | None:
        """Compare with what the close says of itself; returns the first break, None when the chain holds."""
        if self.broken is None and self._count < value_count:
            self.broken = Break(
                "missing-row",
                f"{value_count} rows were closed and {self._count} are there",
                ordinal=self._count + 1,
            )
        elif self.broken is None and self._count > value_count:
            self.broken = Break(
                "added-row",
                f"{value_count} rows were closed and {self._count} are there",
                ordinal=value_count + 1,
            )
        elif self.broken is None and self._digest != digest:
            self.broken = Break("changed-end", "the rows hold, but the digest of the close was changed")
        return self.broken
