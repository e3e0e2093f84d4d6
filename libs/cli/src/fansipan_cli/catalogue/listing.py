"""The indicators of a catalogue as a list."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from fansipan_indicators.catalogue import load_catalogue
from fansipan_indicators.definitions import Definition, Version

_GROUPS: Final = {
    "environment": "Môi trường · Environment",
    "floods": "Lũ, mưa · Floods and rain",
    "traffic": "Giao thông · Traffic",
    "energy": "Năng lượng · Energy",
    "parking": "Bãi đỗ xe · Parking",
    "weather": "Thời tiết · Weather",
    "public-services": "Dịch vụ công · Public services",
    "e-government": "Chính quyền số · E-government",
    "data-health": "Chất lượng số liệu · Data health",
}


def definitions_of(catalogue: Path) -> list[Definition]:
    """The definitions of a catalogue with all their versions, by group and id.

    Raises:
        CatalogueError: something is wrong in it.
    """
    whole: dict[str, Definition] = {}
    for pair in load_catalogue(catalogue / "indicators"):
        seen = whole.get(pair.key)
        versions = [*(seen.versions if seen else []), pair.version]
        whole[pair.key] = pair.definition.model_copy(update={"versions": versions})
    groups = list(_GROUPS)
    return sorted(whole.values(), key=lambda definition: (groups.index(definition.group), definition.id))


def markdown_table(definitions: Iterable[Definition]) -> str:
    """A table for each group: id, names, unit, formula, periods, subjects, and what is open about it."""
    lines: list[str] = []
    group = ""
    for definition in definitions:
        if definition.group != group:
            group = definition.group
            lines += ["", f"### {_GROUPS[group]}", ""] if lines else [f"### {_GROUPS[group]}", ""]
            lines += [
                "| id | tên · name | đơn vị · unit | formula | periods | subjects | notes |",
                "|---|---|---|---|---|---|---|",
            ]
        newest = definition.versions[-1]
        cells = (
            f"`{definition.id}`",
            f"{definition.names.vi} · {definition.names.en}",
            definition.unit.symbol or "–",
            newest.formula.kind,
            ", ".join(newest.periods),
            ", ".join(newest.subjects),
            ", ".join(_notes(definition, newest)) or "–",
        )
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join(lines)


def _notes(definition: Definition, newest: Version) -> Iterable[str]:
    if len(definition.versions) > 1:
        yield f"{len(definition.versions)} versions"
    if newest.disputed:
        yield "disputed"
    if any(getattr(part, "assumed", False) for part in getattr(newest.formula, "components", ())):
        yield "assumed values"
    if not definition.public:
        yield "not public"
