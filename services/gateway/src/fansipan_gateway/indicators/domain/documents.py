"""Definitions as callers see them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from fansipan_gateway.indicators.domain.figures import instant
from fansipan_gateway.indicators.domain.versions import IndicatorEntry, IndicatorVersion
from fansipan_gateway.indicators.domain.wording import in_words
from fansipan_indicators.formulas import WeightedScore
from fansipan_indicators.periods import ZONE


def summary(entry: IndicatorEntry, now: datetime) -> dict[str, Any]:
    """An indicator in a list: by the version in force now, else the newest."""
    return _common(entry, entry.shown(now), now)


def whole(entry: IndicatorEntry, version: IndicatorVersion, now: datetime) -> dict[str, Any]:
    """An indicator with everything that one version says."""
    numbers = [one.number for one in entry.versions]
    place = numbers.index(version.number)
    said = version.version
    return {
        **_common(entry, version, now),
        "refreshSeconds": version.definition.refresh_seconds,
        "formula": said.formula.model_dump(mode="json", by_alias=True, exclude_none=True),
        "inWords": in_words(said.formula).item(),
        "areas": None if said.areas is None else plain(said.areas),
        "disputed": [plain(note) for note in said.disputed],
        "assumed": assumptions(version),
        "digest": version.digest,
        "retiredAt": instant(version.retired_at),
        "previousVersion": numbers[place - 1] if place > 0 else None,
        "nextVersion": numbers[place + 1] if place + 1 < len(numbers) else None,
    }


def explained_definition(entry: IndicatorEntry, version: IndicatorVersion) -> dict[str, Any]:
    """What an explanation says of the definition."""
    definition, said = version.definition, version.version
    until = said.effective_to
    return {
        "id": entry.key,
        "names": plain(definition.names),
        "description": plain(definition.description),
        "unit": plain(definition.unit),
        "decimals": definition.decimals,
        "direction": definition.direction,
        "version": version.number,
        "effectiveFrom": said.effective_from.isoformat(),
        "effectiveTo": None if until is None else until.isoformat(),
        "digest": version.digest,
        "inWords": in_words(said.formula).item(),
        "formula": said.formula.model_dump(mode="json", by_alias=True, exclude_none=True),
        "sources": sources(version),
        "limits": [plain(limit) for limit in said.limits],
        "disputed": [plain(note) for note in said.disputed],
        "assumed": assumptions(version),
    }


def assumptions(version: IndicatorVersion) -> list[dict[str, Any]]:
    """The components whose maximum or threshold is assumed, because the source does not give it."""
    formula = version.version.formula
    if not isinstance(formula, WeightedScore):
        return []
    return [
        {"indicator": c.indicator, "maximum": c.maximum, "fullAt": c.full_at}
        for c in formula.components
        if c.assumed
    ]


def sources(version: IndicatorVersion) -> list[dict[str, Any]]:
    """The law: of the indicator, then of the version."""
    return [plain(source) for source in (*version.definition.sources, *version.version.sources)]


def plain(model: BaseModel) -> dict[str, Any]:
    """A part of a definition as JSON, as the catalogue writes it."""
    return model.model_dump(mode="json", by_alias=True)


def _common(entry: IndicatorEntry, version: IndicatorVersion, now: datetime) -> dict[str, Any]:
    definition, said = version.definition, version.version
    today = now.astimezone(ZONE).date()
    judging = entry.at(now)
    return {
        "id": entry.key,
        "names": plain(definition.names),
        "shortNames": None if definition.short_names is None else plain(definition.short_names),
        "description": plain(definition.description),
        "group": definition.group,
        "unit": plain(definition.unit),
        "direction": definition.direction,
        "decimals": definition.decimals,
        "public": entry.public,
        "version": version.number,
        "versions": [
            {
                "version": one.number,
                "effectiveFrom": one.version.effective_from.isoformat(),
                "effectiveTo": None
                if one.version.effective_to is None
                else one.version.effective_to.isoformat(),
                "inForce": one.retired_at is None and one.in_force(today),
                "judgesNow": judging is one,
                "retired": one.retired_at is not None,
            }
            for one in entry.versions
        ],
        "periods": [period.value for period in said.periods],
        "subjects": list(said.subjects),
        "bands": [plain(band) for band in said.bands],
        "limits": [plain(limit) for limit in said.limits],
        "sources": sources(version),
    }
