"""What is accepted, from `accepted.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Self

_FILE: Final = Path(__file__).with_name("accepted.toml")


@dataclass(frozen=True, slots=True)
class AcceptedFinding:
    """A known fault of a package that does not concern us.

    Attributes:
        id: of the advisory.
        package: its name.
        reason: why it does not.
        until: from this day on it is looked at again.
    """

    id: str
    package: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Accepted:
    """What `accepted.toml` says.

    Attributes:
        shipped: SPDX identifiers of licences that what we ship may have.
        development: those that what developers install may have besides.
        names: other names of licences, and their identifiers.
        packages: licences of packages that do not say theirs.
        findings: known faults.
    """

    shipped: frozenset[str]
    development: frozenset[str]
    names: Mapping[str, str]
    packages: Mapping[str, str]
    findings: tuple[AcceptedFinding, ...] = ()

    @classmethod
    def load(cls, file: Path = _FILE) -> Self:
        """Read it.

        Raises:
            KeyError, TypeError: something is missing, or not what it should be.
        """
        document: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        licences = document["licences"]
        return cls(
            frozenset(licences["shipped"]),
            frozenset(licences["development"]),
            licences["names"],
            licences["packages"],
            tuple(AcceptedFinding(**finding) for finding in document.get("findings", [])),
        )
