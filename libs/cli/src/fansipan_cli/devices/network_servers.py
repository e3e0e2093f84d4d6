"""Lists of devices as network servers give them: what each calls its devices. Keys of devices are never read.

- The Things Stack, CSV: its format for importing end devices, columns `id`, `dev_eui` and others
  (https://www.thethingsindustries.com/docs/hardware/devices/adding-devices/adding-devices-in-bulk/).
- The Things Stack, JSON: end devices as `ttn-lw-cli end-devices list` prints them, `ids.device_id`, `ids.dev_eui`,
  `ids.application_ids.application_id`.
- ChirpStack 4, JSON: the answer of `GET /api/devices`: `result`, each with `devEui` and `name`.
"""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from fansipan_cli.errors import CommandError
from fansipan_common.contracts.keys import THING_KEY

_TTS_COLUMNS: Final = frozenset({"id", "dev_eui"})


def is_things_stack_csv(text: str) -> bool:
    """Whether the header is that of The Things Stack's format."""
    header = text.split("\n", 1)[0].strip()
    delimiter = ";" if ";" in header else ","
    return {name.strip() for name in header.split(delimiter)} >= _TTS_COLUMNS


def things_stack_rows(text: str, path: Path, application: str) -> list[tuple[str, dict[str, Any]]]:
    """Devices of The Things Stack's CSV with their lines."""
    header = text.split("\n", 1)[0]
    delimiter = ";" if ";" in header else ","
    reader = csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter, restval="", strict=True)
    found: list[tuple[str, dict[str, Any]]] = []
    line = reader.line_num + 1
    try:
        for row in reader:
            device, eui = (row.get("id") or "").strip(), (row.get("dev_eui") or "").strip()
            if device or eui:
                found.append((f"line {line}", _device(eui or device, device, "" if eui else application)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise CommandError(f"{path.name}, line {reader.line_num}: {error}") from error
    return found


def json_devices(text: str, path: Path, application: str) -> list[tuple[str, dict[str, Any]]]:
    """Devices of a JSON list with their numbers, from 1."""
    found: list[tuple[str, dict[str, Any]]] = []
    for number, device in enumerate(_objects(text, path), 1):
        place = f"device {number}"
        ids = device.get("ids")
        if isinstance(ids, dict):
            name, eui = str(ids.get("device_id") or ""), str(ids.get("dev_eui") or "")
            named = ids.get("application_ids")
            own = named.get("application_id") if isinstance(named, dict) else None
            found.append((place, _device(eui or name, name, "" if eui else str(own or application))))
        elif isinstance(device.get("devEui"), str):
            found.append((place, _device(device["devEui"], str(device.get("name") or ""), "")))
        else:
            raise CommandError(
                f"{path.name}, {place}: it has neither `ids` (The Things Stack) nor `devEui` (ChirpStack)"
            )
    return found


def _device(key: str, name: str, application: str) -> dict[str, Any]:
    """A device whose thing is called by its name, where a thing can be called so; else by its EUI, as without it."""
    said = {"door": "lorawan", "application": application, "key": key}
    return said | {"thing": name} if THING_KEY.fullmatch(name) else said


def _objects(text: str, path: Path) -> Iterator[dict[str, Any]]:
    """The objects of an array, of `result` or `end_devices`, or one after the other."""
    decoder, at = json.JSONDecoder(), 0
    text = text.strip()
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError as error:
            raise CommandError(f"{path.name} is no JSON: {error}") from error
        while at < len(text) and text[at].isspace():
            at += 1
        values = value
        if isinstance(value, dict):
            values = value.get("result", value.get("end_devices", [value]))
        for each in values if isinstance(values, list) else [values]:
            if not isinstance(each, dict):
                raise CommandError(f"{path.name}: a device is an object, not {json.dumps(each)[:40]}")
            yield each
