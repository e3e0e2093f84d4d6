"""Reading mappings of devices from CSV and YAML, and lists of devices as network servers give them."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from fansipan_cli.devices.entries import Entry, Faults, entries_of
from fansipan_cli.devices.network_servers import is_things_stack_csv, json_devices, things_stack_rows
from fansipan_cli.errors import CommandError, UsageError

COLUMNS: Final = ("door", "application", "key", "thing", "thingBy", "propertyBy", "others")
RULE_COLUMNS: Final = ("path", "property", "unit", "scale", "offset", "ignore")
BETWEEN: Final = "|"
_LISTS: Final = frozenset({"thingBy", "propertyBy"})
_DEFAULT_DOOR: Final = "lorawan"
_TRUE: Final = frozenset({"true", "yes", "1", "x"})
_FALSE: Final = frozenset({"", "false", "no", "0"})

_Row = tuple[str, dict[str, Any]]


def read_entries(path: Path, application: str) -> list[Entry]:
    """All devices of a file, in its order.

    Args:
        path: *.csv or *.yaml in our form; *.csv of The Things Stack; *.json of The Things Stack or ChirpStack.
        application: of the devices in a network server's list that says none.

    Raises:
        UsageError: it is no such file, or cannot be read.
        CommandError: something is wrong; the text has all places.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no UTF-8 text", "save it as UTF-8") from error
    faults, names_only = Faults(path), False
    match path.suffix.lower():
        case ".csv":
            names_only = is_things_stack_csv(text)
            found = (
                things_stack_rows(text, path, application) if names_only else _csv_devices(text, path, faults)
            )
        case ".yaml" | ".yml":
            found = _yaml_devices(text, path, faults)
        case ".json":
            names_only, found = True, json_devices(text, path, application)
        case _:
            raise UsageError(
                f"{path.name} is neither CSV, YAML nor JSON", "give a file *.csv, *.yaml or *.json"
            )
    entries = entries_of(found, faults, names_only=names_only)
    faults.refuse()
    if not entries:
        raise CommandError(f"{path.name} has no device")
    return entries


def _csv_devices(text: str, path: Path, faults: Faults) -> list[_Row]:
    """A row is a device, or one of its rules: rows of one device lie under each other, or anywhere."""
    devices: dict[tuple[str, str, str], _Row] = {}
    for line, cells in _csv_rows(text, path):
        place = f"line {line}"
        device, rule = _split(cells, place, faults)
        identity = (device["door"], device.get("application", ""), device.get("key", ""))
        first, known = devices.setdefault(identity, (place, {**device, "readings": {}}))
        for name, value in device.items():
            if known.setdefault(name, value) != value:
                faults.add(place, f"{name} is {value!r}, and on {first} it is {known[name]!r}")
        if rule is None:
            continue
        at = rule.pop("path", None)
        if at is None:
            faults.add(place, "path is missing, of which the rule is")
        elif at in known["readings"]:
            faults.add(place, f"the path {at} of {identity[2]} has a rule already")
        else:
            known["readings"][at] = rule
    return list(devices.values())


def _split(cells: dict[str, str], place: str, faults: Faults) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What a row says of the device, and of a path."""
    device: dict[str, Any] = {"door": _DEFAULT_DOOR}
    rule: dict[str, Any] = {}
    for name, value in cells.items():
        if name in _LISTS:
            device[name] = [part.strip() for part in value.split(BETWEEN)]
        elif name in COLUMNS:
            device[name] = value
        elif name in ("scale", "offset"):
            try:
                rule[name] = float(value)
            except ValueError:
                faults.add(place, f"{name} {value!r} is no number: write 0.1")
        elif name == "ignore":
            if value.lower() not in _TRUE | _FALSE:
                faults.add(place, f"ignore {value!r} is neither true nor false")
            rule[name] = value.lower() in _TRUE
        else:
            rule[name] = value
    return device, rule or None


def _csv_rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    header = text.split("\n", 1)[0]
    delimiter = ";" if ";" in header and "," not in header else ","
    reader = csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter, restval="", strict=True)
    names = [name.strip() for name in reader.fieldnames or []]
    wanted = (*COLUMNS, *RULE_COLUMNS)
    unknown = [name for name in names if name not in wanted]
    if "key" not in names or unknown:
        what = f"has a column {unknown[0]!r}" if unknown else "lacks the column key"
        raise CommandError(f"{path.name}, line 1: it {what}", f"columns are {', '.join(wanted)}")
    reader.fieldnames = names
    line = reader.line_num + 1
    try:
        for row in reader:
            if None in row:
                raise CommandError(f"{path.name}, line {line}: it has more cells than the header")
            cells = {name: value.strip() for name, value in row.items() if value.strip()}
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise CommandError(f"{path.name}, line {reader.line_num}: {error}") from error


def _yaml_devices(text: str, path: Path, faults: Faults) -> list[_Row]:
    """A list of devices; or `profiles` by name and `devices`, of which each may say `profile`."""
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        profiles: Any = {}
        devices: yaml.Node | None = root
        if isinstance(root, yaml.MappingNode):
            members = {key.value: value for key, value in root.value}
            unknown = set(members) - {"profiles", "devices"}
            if unknown:
                raise CommandError(
                    f"{path.name} has a member {min(unknown)!r}", "it has profiles and devices"
                )
            devices = members.get("devices")
            if "profiles" in members:
                profiles = loader.construct_object(members["profiles"], deep=True)
        if not isinstance(devices, yaml.SequenceNode) or not isinstance(profiles, dict):
            raise CommandError(f"{path.name} has no list of devices", "write each device as `- key: …`")
        found: list[_Row] = []
        for node in devices.value:
            place = f"line {node.start_mark.line + 1}"
            said = loader.construct_object(node, deep=True)
            if not isinstance(said, dict):
                faults.add(place, "a device is written `key: …`")
                continue
            found.append((place, _with_profile(said, profiles, place, faults)))
        return found
    except yaml.YAMLError as error:
        raise CommandError(f"{path.name} is no YAML: {error}") from error
    finally:
        loader.dispose()


def _with_profile(
    said: dict[str, Any], profiles: dict[str, Any], place: str, faults: Faults
) -> dict[str, Any]:
    """A device with what its profile says; what it says itself holds, also for single paths."""
    own = {"door": _DEFAULT_DOOR} | said
    if isinstance(own.get("key"), int | float):
        faults.add(place, "key is a number: put it in quotes")
        own["key"] = str(own["key"])
    name = own.pop("profile", None)
    if name is None:
        return own
    profile = profiles.get(name)
    if not isinstance(profile, dict):
        faults.add(place, f"there is no profile {name!r}")
        return own
    common, special = profile.get("readings", {}), own.get("readings", {})
    if not isinstance(common, dict) or not isinstance(special, dict):
        faults.add(place, "readings is an object, of which each member is a path")
        return own
    return {**profile, **own, "readings": {**common, **special}}
