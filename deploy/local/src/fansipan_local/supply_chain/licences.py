"""Licences of all that is installed, from what packages say of themselves."""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from fansipan_local.supply_chain.accepted import Accepted

_OURS: Final = "fansipan"
_NOT_SHIPPED: Final = frozenset({"fansipan-local"})
_LONGEST_NAME: Final = 60
"""Some packages put the whole text of their licence where its name belongs."""


@dataclass(frozen=True, slots=True)
class Package:
    """Something of others.

    Attributes:
        where: `python` or `page`.
        name: as its registry calls it.
        version: that is installed.
        licence: an SPDX expression, or what it says in its place.
        shipped: whether it is in an image or the page; else only developers have it.
    """

    where: str
    name: str
    version: str
    licence: str
    shipped: bool

    def allowed_by(self, accepted: Accepted) -> bool:
        """Whether it may be used for what it is used for."""
        return allows(
            self.licence, accepted.shipped if self.shipped else accepted.shipped | accepted.development
        )


def python_packages(accepted: Accepted, installed: Iterable[Distribution] | None = None) -> list[Package]:
    """Those of this environment, by name, but for our own."""
    found = {canonicalize_name(each.metadata["Name"]): each for each in installed or distributions()}
    shipped = _needed(found, [name for name in found if name.startswith(_OURS) and name not in _NOT_SHIPPED])
    return [
        Package("python", name, each.version, _licence_of(each, accepted), name in shipped)
        for name, each in sorted(found.items())
        if not name.startswith(_OURS)
    ]


def page_packages(lock: Path, accepted: Accepted) -> list[Package]:
    """Those of an npm lock file, by name."""
    document: dict[str, Any] = json.loads(lock.read_text(encoding="utf-8"))
    found = {
        (path.rpartition("node_modules/")[2], entry["version"]): Package(
            "page",
            path.rpartition("node_modules/")[2],
            entry["version"],
            _named(str(entry.get("license", "")), accepted),
            shipped=not entry.get("dev", False),
        )
        for path, entry in document["packages"].items()
        if path
    }
    return [package for _, package in sorted(found.items())]


def _needed(found: dict[Any, Distribution], roots: list[Any]) -> set[Any]:
    """Names of what some distributions need, directly or not, with the extras that are asked for."""
    needed: set[Any] = set()
    waiting: list[tuple[Any, frozenset[str]]] = [(name, frozenset()) for name in roots]
    seen: set[tuple[Any, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen or name not in found:
            continue
        seen.add((name, extras))
        needed.add(name)
        for text in found[name].requires or []:
            requirement = Requirement(text)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in (*extras, "")):
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return needed


def _licence_of(package: Distribution, accepted: Accepted) -> str:
    metadata = package.metadata
    name = canonicalize_name(metadata["Name"])
    if name in accepted.packages:
        return accepted.packages[name]
    for expression in metadata.get_all("License-Expression") or []:
        return expression
    said = " ".join(metadata.get_all("License") or []).strip()
    if (
        said
        and len(said) <= _LONGEST_NAME
        and _named(said, accepted) in accepted.shipped | accepted.development
    ):
        return _named(said, accepted)
    classified = [
        line.rpartition(" :: ")[2]
        for line in metadata.get_all("Classifier") or []
        if line.startswith("License :: ") and line.count(" :: ") > 1
    ]
    if classified:
        return " AND ".join(sorted({_named(text, accepted) for text in classified}))
    return said.partition("\n")[0][:_LONGEST_NAME] or "unknown"


def _named(text: str, accepted: Accepted) -> str:
    return accepted.names.get(text, text)


def allows(expression: str, allowed: Collection[str]) -> bool:
    """Whether an SPDX expression can be met by some licences; exceptions (`WITH`) belong to the identifier."""
    tokens = re.findall(r"[()]|[^\s()]+(?: WITH \S+)?", expression)
    return bool(tokens) and _Reading(iter(tokens), allowed).whole()


class _Reading:
    """One pass over the words of an expression; `AND` binds closer than `OR`."""

    def __init__(self, tokens: Iterator[str], allowed: Collection[str]) -> None:
        self._tokens = tokens
        self._allowed = allowed
        self._next = next(tokens, None)

    def whole(self) -> bool:
        met = self._any()
        return met and self._next is None

    def _step(self) -> str | None:
        token, self._next = self._next, next(self._tokens, None)
        return token

    def _any(self) -> bool:
        met = self._all()
        while self._next == "OR":
            self._step()
            met = self._all() or met
        return met

    def _all(self) -> bool:
        met = self._one()
        while self._next == "AND":
            self._step()
            met = self._one() and met
        return met

    def _one(self) -> bool:
        word = self._step()
        if word != "(":
            return word in self._allowed
        met = self._any()
        return self._step() == ")" and met


def report(packages: Iterable[Package]) -> str:
    """All as a table in Markdown, what is shipped first."""
    rows = sorted(packages, key=lambda each: (not each.shipped, each.where, each.name, each.version))
    lines = ["| package | version | licence | where |", "|---|---|---|---|"]
    for each in rows:
        where = each.where if each.shipped else f"{each.where}, development only"
        lines.append(f"| {each.name} | {each.version} | {each.licence} | {where} |")
    return "\n".join(lines) + "\n"
