"""A mapping that may fit, with what speaks for it and what a person has to look at."""

from dataclasses import dataclass, field
from typing import Any

from fansipan_bulk.guessing.numbers import guess_numbers
from fansipan_bulk.guessing.types import Guess
from fansipan_bulk.guessing.words import Role, property_of, role_of
from fansipan_bulk.mapping import FileOptions, parse_mapping
from fansipan_bulk.remarks import Remark, remark
from fansipan_bulk.reports import Proposal

_NUMERIC = ("number", "integer")


@dataclass(slots=True)
class _Notes:
    reasons: list[Remark] = field(default_factory=list[Remark])
    unsure: list[Remark] = field(default_factory=list[Remark])


def propose(columns: dict[str, Guess], options: FileOptions, provider: str | None) -> Proposal | Remark:
    """A mapping for a file with these columns, or why there is none.

    Args:
        columns: what each column looks like, in the order of the file.
        options: how the file is read; they become part of the mapping.
        provider: first part of the keys, where it is known.
    """
    roles: dict[str, Role | None] = {name: role_of(name) for name in columns}
    notes = _Notes()
    time = _time(columns, roles, notes)
    if time is None:
        return remark("no-time")
    taken = {time["column"], time.get("hour")}
    numeric = [
        name
        for name, guessed in columns.items()
        if guessed.type in _NUMERIC
        and name not in taken
        and roles[name] not in ("place", "quality", "hour", "date")
    ]
    values = _long(columns, roles, numeric, notes) or _wide(columns, roles, numeric, notes)
    if values is None:
        return remark("no-results")
    results = [values["result"]] if values["form"] == "long" else list(values["columns"])
    numbers = guess_numbers(value for name in results for value in columns[name].values)
    notes.reasons.append(numbers.reason)
    if numbers.unsure:
        notes.unsure.append(numbers.unsure)
    mapping = parse_mapping(
        {
            "provider": provider,
            "file": options.model_dump(),
            "time": time,
            "numbers": numbers.written.model_dump(),
            "values": values,
        }
    )
    return Proposal(mapping=mapping, reasons=notes.reasons, unsure=notes.unsure)


def _time(columns: dict[str, Guess], roles: dict[str, Role | None], notes: _Notes) -> dict[str, Any] | None:
    named = [name for name, guessed in columns.items() if guessed.type in ("time", "date")]
    named.sort(key=lambda name: (columns[name].type != "time", roles[name] not in ("time", "date", "hour")))
    if not named:
        return _numeric_time(columns, roles, notes)
    column = named[0]
    guessed = columns[column]
    notes.reasons.append(remark("time", column=column, example=guessed.examples[0]))
    time: dict[str, Any] = {"column": column, "format": guessed.time_format or "day-first"}
    if guessed.time_format is None:
        notes.unsure.append(remark("day-or-month", example=guessed.examples[0]))
    if guessed.mixed:
        notes.unsure.append(remark("mixed-dates", column=column))
    if guessed.type == "date":
        hour = next(
            (
                name
                for name, other in columns.items()
                if name != column
                and (other.type == "time-of-day" or (roles[name] == "hour" and other.type == "integer"))
            ),
            None,
        )
        if hour is not None:
            time["hour"] = hour
            notes.reasons.append(remark("hour", column=hour))
        else:
            notes.unsure.append(remark("no-time-of-day", column=column))
    if not guessed.has_offset:
        notes.unsure.append(remark("no-offset", zone="Asia/Ho_Chi_Minh"))
    return time


def _numeric_time(
    columns: dict[str, Guess], roles: dict[str, Role | None], notes: _Notes
) -> dict[str, Any] | None:
    for name, guessed in columns.items():
        if guessed.type not in _NUMERIC or roles[name] not in ("time", "date"):
            continue
        try:
            numbers = [float(value.replace(",", ".")) for value in guessed.values]
        except ValueError:
            continue
        low, high = min(numbers), max(numbers)
        for form, least, most in (
            ("excel", 36_526, 73_051), ("unix-s", 946_684_800, 4_102_444_800), ("unix-ms", 946_684_800_000, 4.2e12),
        ):  # fmt: skip
            if least <= low and high <= most:
                notes.reasons.append(
                    remark("time-number", column=name, example=guessed.examples[0], format=form)
                )
                if form == "excel":
                    notes.unsure.append(remark("no-offset", zone="Asia/Ho_Chi_Minh"))
                return {"column": name, "format": form}
    return None


def _long(
    columns: dict[str, Guess], roles: dict[str, Role | None], numeric: list[str], notes: _Notes
) -> dict[str, Any] | None:
    whole = next(
        (
            name
            for name, guessed in columns.items()
            if guessed.type == "text" and all(value.count("/") == 2 for value in guessed.values)
        ),
        None,
    )
    prop = next(
        (name for name, role in roles.items() if role == "property" and columns[name].type == "text"), None
    )
    if whole is None and prop is None:
        return None
    result = next((name for name in numeric if roles[name] == "result"), numeric[0] if numeric else None)
    if result is None:
        return None
    notes.reasons.append(remark("long", column=whole or prop, result=result))
    values: dict[str, Any] = {"form": "long", "result": result}
    if whole is not None:
        values["datastream"] = whole
    elif prop is not None:
        keys = {
            value: named.key
            for value in columns[prop].values
            if (named := property_of(value)).key != value and named.known
        }
        values |= {"property": {"column": prop, "keys": keys}, "thing": _thing(columns, roles, notes)}
    _add_quality(values, columns, roles, notes)
    unit = next(
        (name for name, role in roles.items() if role == "unit" and columns[name].type == "text"), None
    )
    if unit is not None and columns[unit].values:
        values["unit"] = {"column": unit, "factors": dict.fromkeys(columns[unit].values[:100], 1.0)}
        notes.unsure.append(remark("unit-factors", column=unit))
    return values


def _wide(
    columns: dict[str, Guess], roles: dict[str, Role | None], numeric: list[str], notes: _Notes
) -> dict[str, Any] | None:
    specs: dict[str, Any] = {}
    for name in numeric:
        named = property_of(name)
        spec: dict[str, Any] = {"property": named.key}
        if named.scale is None:
            notes.unsure.append(remark("scale-unknown", column=name, unit=named.unit))
        elif named.scale != 1.0:
            spec["scale"] = named.scale
            notes.reasons.append(remark("scaled", column=name, unit=named.unit, scale=f"{named.scale:g}"))
        if not named.known:
            notes.unsure.append(remark("property-guessed", column=name, key=named.key))
        specs[name] = spec
    if not specs:
        return None
    notes.reasons.append(remark("wide", columns=", ".join(f"'{name}'" for name in list(specs)[:10])))
    values: dict[str, Any] = {"form": "wide", "thing": _thing(columns, roles, notes), "columns": specs}
    _add_quality(values, columns, roles, notes)
    return values


def _thing(columns: dict[str, Guess], roles: dict[str, Role | None], notes: _Notes) -> dict[str, Any]:
    named = next(
        (name for name, role in roles.items() if role == "thing" and columns[name].type != "empty"), None
    )
    if named is not None:
        notes.reasons.append(remark("thing", column=named))
        return {"column": named}
    notes.unsure.append(remark("no-thing"))
    return {"value": "thing-1"}


def _add_quality(
    values: dict[str, Any], columns: dict[str, Guess], roles: dict[str, Role | None], notes: _Notes
) -> None:
    quality = next((name for name, role in roles.items() if role == "quality" and columns[name].values), None)
    if quality is None:
        return
    known = {"good", "suspect", "bad"}
    others = [value for value in columns[quality].values if value.lower() not in known]
    values["quality"] = {"column": quality, "words": dict.fromkeys(others[:50])}
    notes.reasons.append(remark("quality", column=quality))
    if others:
        shown = ", ".join(f"'{word}'" for word in others[:5])
        notes.unsure.append(remark("quality-words", column=quality, words=shown))
