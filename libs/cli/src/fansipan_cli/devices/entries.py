"""What a file says of a device, and where it says it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from fansipan_cli.errors import CommandError
from fansipan_common.contracts.device_mapping import DeviceMapping, faults_of

_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A device.

    Attributes:
        place: where the file says it: `line 7`, `device 3`.
        mapping: what it says.
        names_only: it is from the list of a network server, which knows nothing of readings: those that are known
            already stay.
    """

    place: str
    mapping: DeviceMapping
    names_only: bool = False


class Faults:
    """All that is wrong with a file, told at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: list[str] = []

    def add(self, place: str, what: str) -> None:
        """Note one."""
        self._found.append(f"{place}: {what}")

    def refuse(self) -> None:
        """Raise `CommandError` when something is wrong."""
        if self._found:
            more = [f"… and {len(self._found) - _TOLD} more"] if len(self._found) > _TOLD else []
            listed = "\n  ".join([*self._found[:_TOLD], *more])
            raise CommandError(f"{self._path.name} is not imported, nothing was changed:\n  {listed}")


def entries_of(
    found: Sequence[tuple[str, dict[str, Any]]], faults: Faults, *, names_only: bool = False
) -> list[Entry]:
    """The entries of what a file says, with its places; what is wrong, or there twice, goes to `faults`."""
    entries: list[Entry] = []
    places: dict[tuple[str, str, str], str] = {}
    for place, said in found:
        try:
            mapping = DeviceMapping.model_validate(said)
        except ValidationError as error:
            for fault in faults_of(error):
                faults.add(place, fault)
            continue
        identity = (mapping.door, mapping.application, mapping.key)
        if identity in places:
            faults.add(place, f"{mapping.name} is on {places[identity]} already")
            continue
        places[identity] = place
        entries.append(Entry(place, mapping, names_only))
    return entries
