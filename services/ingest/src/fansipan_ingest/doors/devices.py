"""Mappings of devices, applied: which thing a message is about, and what becomes of each of its values. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from fansipan_common.contracts.device_mapping import DeviceMapping, ReadingRule
from fansipan_common.contracts.naming import key_part
from fansipan_ingest.domain.registration import Unit
from fansipan_ingest.doors.units import unit_of_ucum

_NO_RULE: Final = ReadingRule()


class NameMissing(ValueError):
    """A message lacks what its mapping names it by."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a value goes: part of a datastream key, and its unit if that is known."""

    property: str
    unit: Unit | None
    rule: ReadingRule

    def result(self, value: Any) -> Any:
        """The value as it is stored; booleans and texts as they are."""
        if not self.rule.changes_numbers() or isinstance(value, bool) or not isinstance(value, int | float):
            return value
        return scaled(value, self.rule.scale, self.rule.offset)


class Device:
    """A mapping with what can be prepared of it."""

    def __init__(self, mapping: DeviceMapping) -> None:
        self._mapping = mapping
        self._ignored = {path for path, rule in mapping.readings.items() if rule.ignore}

    @property
    def thing(self) -> str | None:
        """The thing that the mapping states."""
        return self._mapping.thing

    def target(self, path: Sequence[str], unit: Unit | None = None) -> Target | None:
        """Where the value of a path goes; None: nowhere.

        Args:
            path: its names.
            unit: what the sender says that it is in.
        """
        written = ":".join(path)
        rule = self._mapping.readings.get(written)
        if self._ignored and self._is_ignored(written):
            return None
        if rule is None:
            if self._mapping.others == "ignore":
                return None
            rule = _NO_RULE
        if rule.unit is not None:
            unit = unit_of_ucum(rule.unit)
        elif rule.changes_numbers():
            unit = None
        return Target(rule.property or key_part(path), unit, rule)

    def thing_of(self, pieces: Mapping[str, str]) -> str | None:
        """The thing by the tags or labels of a message; None: as without a mapping.

        Raises:
            NameMissing: one that names it is not there.
        """
        if self._mapping.thing is not None:
            return self._mapping.thing
        return key_part(_named(self._mapping.thing_by, pieces)) if self._mapping.thing_by else None

    def path_of(self, pieces: Mapping[str, str], usual: str) -> list[str]:
        """The path of a value by the tags or labels of its message.

        Raises:
            NameMissing: one that names it is not there.
        """
        return _named(self._mapping.property_by or [usual], pieces)

    def _is_ignored(self, written: str) -> bool:
        """Whether a path, or one above it, is ignored."""
        while True:
            if written in self._ignored:
                return True
            written, colon, _ = written.rpartition(":")
            if not colon:
                return False


class Sources:
    """The mappings of one provider and door by measurement or metric."""

    def __init__(self, mappings: Iterable[DeviceMapping]) -> None:
        self._exact: dict[str, Device] = {}
        begins: list[tuple[str, Device]] = []
        for mapping in mappings:
            if mapping.key.endswith("*"):
                begins.append((mapping.key[:-1], Device(mapping)))
            else:
                self._exact[mapping.key] = Device(mapping)
        self._begins = sorted(begins, key=lambda each: len(each[0]), reverse=True)

    def __bool__(self) -> bool:
        return bool(self._exact or self._begins)

    def find(self, key: str) -> Device | None:
        """The mapping for exactly this key, else the longest `begins*`; None: there is none."""
        found = self._exact.get(key)
        if found is not None:
            return found
        return next((device for begin, device in self._begins if key.startswith(begin)), None)


NO_SOURCES: Final = Sources(())


def scaled(value: float, scale: float, offset: float) -> float:
    """`value × scale + offset` as one would write it down: 234 × 0.1 is 23.4."""
    if isinstance(value, float) and not math.isfinite(value):
        return value
    return float(Decimal(repr(value)) * Decimal(repr(scale)) + Decimal(repr(offset)))


def _named(by: Sequence[str], pieces: Mapping[str, str]) -> list[str]:
    names: list[str] = []
    for name in by:
        value = pieces.get(name)
        if not value:
            raise NameMissing(f"{name[:64]!r} is not there, by which the mapping of this source names it")
        names.append(value)
    return names
