"""Reading entries from CSV and YAML; everything that is wrong is said at once, with its line."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from fansipan_cli.errors import CommandError, UsageError
from fansipan_cli.names.entries import Entry, Register

_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class Located:
    """An entry, and the line on which it begins."""

    line: int
    entry: Entry


def read_entries(path: Path, register: Register) -> list[Located]:
    """All entries of a file, in its order. An empty cell says that nothing is known.

    Args:
        path: *.csv with a header (comma or semicolon, as spreadsheets write it), *.yaml or *.yml with a list.
        register: what they are.

    Raises:
        UsageError: it is no such file, or cannot be read.
        CommandError: an entry is wrong, or a key is there twice; the text has the lines.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no UTF-8 text", "save it as UTF-8") from error
    match path.suffix.lower():
        case ".csv":
            rows = _csv_rows(text, path, register)
        case ".yaml" | ".yml":
            rows = _yaml_rows(text, path)
        case _:
            raise UsageError(f"{path.name} is neither CSV nor YAML", "give a file *.csv, *.yaml or *.yml")
    found: list[Located] = []
    wrong: list[str] = []
    lines: dict[str, int] = {}
    for line, row in rows:
        try:
            entry = register.entry.model_validate(row)
        except ValidationError as error:
            wrong += [f"line {line}: {_what(one)}" for one in error.errors()]
            continue
        if entry.key in lines:
            wrong.append(f"line {line}: {entry.key} is on line {lines[entry.key]} already")
            continue
        lines[entry.key] = line
        found.append(Located(line, entry))
    refuse(path, wrong)
    if not found:
        raise CommandError(f"{path.name} has no entry")
    return found


def refuse(path: Path, wrong: list[str]) -> None:
    """Raise `CommandError` when something is wrong."""
    if wrong:
        more = [f"… and {len(wrong) - _TOLD} more"] if len(wrong) > _TOLD else []
        listed = "\n  ".join([*wrong[:_TOLD], *more])
        raise CommandError(f"{path.name} is not imported, nothing was changed:\n  {listed}")


def _csv_rows(text: str, path: Path, register: Register) -> Iterator[tuple[int, dict[str, Any]]]:
    header = text.split("\n", 1)[0]
    delimiter = ";" if ";" in header and "," not in header else ","
    reader = csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter, restval="", strict=True)
    wanted = [register.entry.model_fields[name].alias or name for name in register.entry.model_fields]
    names = [name.strip() for name in reader.fieldnames or []]
    missing = {"key", "name"} - set(names)
    unknown = [name for name in names if name not in wanted]
    if missing or unknown:
        what = f"lacks the column {min(missing)}" if missing else f"has a column {unknown[0]!r}"
        raise CommandError(f"{path.name}, line 1: it {what}", f"columns are {', '.join(wanted)}")
    reader.fieldnames = names
    line = reader.line_num + 1
    try:
        for row in reader:
            if None in row:
                raise CommandError(f"{path.name}, line {line}: it has more cells than the header")
            cells = {name: value for name, value in row.items() if value.strip()}
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise CommandError(f"{path.name}, line {reader.line_num}: {error}") from error


def _yaml_rows(text: str, path: Path) -> Iterator[tuple[int, Any]]:
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if not isinstance(root, yaml.SequenceNode):
            raise CommandError(f"{path.name} is no list", "write each entry as `- key: …`")
        for node in root.value:
            yield node.start_mark.line + 1, loader.construct_object(node, deep=True)
    except yaml.YAMLError as error:
        raise CommandError(f"{path.name} is no YAML: {error}") from error
    finally:
        loader.dispose()


def _what(error: Any) -> str:
    """One error of a field for a person."""
    place = ".".join(str(part) for part in error["loc"])
    match error["type"]:
        case "missing":
            return f"{place} is missing"
        case "extra_forbidden":
            return f"{place} is no member of an entry"
        case "string_type" if isinstance(error["input"], int | float):
            return f"{place} is a number: put it in quotes"
        case _:
            return f"{place} {error['input']!r}: {error['msg'][0].lower()}{error['msg'][1:]}"
