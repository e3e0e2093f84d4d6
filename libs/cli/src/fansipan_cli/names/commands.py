"""The commands that agencies and procedures have in common."""

import getpass
import json
import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from fansipan_cli.database import connected
from fansipan_cli.names.entries import AgencyEntry, Entry, Register
from fansipan_cli.names.files import Located, read_entries, refuse
from fansipan_cli.names.store import NameStore, Plan
from fansipan_cli.settings import read_settings

_SHOWN: Final = 20


class Output(StrEnum):
    """How to print."""

    TEXT = "text"
    JSON = "json"


def import_names(path: Path, register: Register, *, dry_run: bool) -> None:
    """Write the names of a file into the database, all or none.

    Raises:
        CommandError, UsageError: the file is wrong, with lines; or the database is away.
    """
    located = read_entries(path, register)
    with connected(read_settings().database) as connection, connection.transaction():
        store = NameStore(connection, register)
        refuse(path, _unknown_areas(store, located))
        plan = store.plan([one.entry for one in located])
        if not dry_run:
            store.apply(plan, f"command ({_system_user()})")
        unnamed = len(store.list(unnamed=True)) if not dry_run else None
    _report(plan, register, dry_run=dry_run, unnamed=unnamed)


def list_names(register: Register, *, unnamed: bool, output: Output) -> None:
    """Print what has a name and what events name without one."""
    with connected(read_settings().database) as connection:
        rows = NameStore(connection, register).list(unnamed=True if unnamed else None)
    if output is Output.JSON:
        aliases = {name: field.alias or name for name, field in register.entry.model_fields.items()}
        items = [
            {alias: row[name] for name, alias in aliases.items()} | {"inEvents": row["in_events"]}
            for row in rows
        ]
        Console(soft_wrap=True).out(json.dumps(items, ensure_ascii=False), highlight=False)
        return
    table = Table(box=box.SIMPLE_HEAD)
    shown = ("level", "area_code") if register.entry is AgencyEntry else ("field", "processing_days")
    table.add_column("key", no_wrap=True)
    for title in ("name", "in English", *(column.replace("_", " ") for column in shown), "in events"):
        table.add_column(title)
    for row in rows:
        cells = [row["name"] or "(no name)", row["name_en"], *(row[column] for column in shown)]
        table.add_row(row["key"], *(_cell(value) for value in cells), "yes" if row["in_events"] else "no")
    Console().print(table)


def _unknown_areas(store: NameStore, located: Sequence[Located]) -> list[str]:
    codes = {
        one.line: one.entry.area_code
        for one in located
        if isinstance(one.entry, AgencyEntry) and one.entry.area_code is not None
    }
    unknown = store.unknown_areas(set(codes.values()))
    return [
        f"line {line}: there is no area {code} (GET /v1/areas lists the codes)"
        for line, code in codes.items()
        if code in unknown
    ]


def _report(plan: Plan, register: Register, *, dry_run: bool, unnamed: int | None) -> None:
    console = Console(soft_wrap=True)
    for mark, entries in (("+", plan.new), ("~", plan.changed)):
        for entry in entries[:_SHOWN]:
            console.out(f"{mark} {entry.key}  {_name(entry)}", highlight=False)
        if len(entries) > _SHOWN:
            console.out(f"{mark} … {len(entries) - _SHOWN} more", highlight=False)
    would = "would be " if dry_run else ""
    console.out(
        f"{register.plural}: {len(plan.new)} {would}new, {len(plan.changed)} {would}changed,"
        f" {len(plan.same)} as they were",
        highlight=False,
    )
    if unnamed:
        console.out(
            f"{unnamed} that events name have no name yet: fansipan {register.plural} list --unnamed",
            highlight=False,
        )


def _name(entry: Entry) -> str:
    return str(entry.model_dump()["name"])


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return str(os.getuid())
