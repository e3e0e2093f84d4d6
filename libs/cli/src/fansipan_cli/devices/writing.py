"""Mappings as files that `fansipan devices import` reads back without a change."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import yaml

from fansipan_cli.devices.files import BETWEEN, COLUMNS, RULE_COLUMNS
from fansipan_common.contracts.device_mapping import DeviceMapping


def as_yaml(mappings: Sequence[DeviceMapping]) -> str:
    """A list of devices."""
    devices = [_place(mapping) | mapping.said() for mapping in mappings]
    return yaml.safe_dump(devices, allow_unicode=True, sort_keys=False, width=120)


def as_csv(mappings: Sequence[DeviceMapping]) -> str:
    """A row for each rule of a device; one for a device without rules."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [*COLUMNS, *RULE_COLUMNS], lineterminator="\n")
    writer.writeheader()
    for mapping in mappings:
        said = mapping.said()
        readings = said.pop("readings", {})
        device = {
            name: BETWEEN.join(value) if isinstance(value, list) else value
            for name, value in (_place(mapping) | said).items()
        }
        for path, rule in readings.items() or [(None, {})]:
            cells = {name: "true" if value is True else value for name, value in rule.items()}
            writer.writerow(device | ({} if path is None else {"path": path, **cells}))
    return out.getvalue()


def _place(mapping: DeviceMapping) -> dict[str, Any]:
    place = {"door": mapping.door, "application": mapping.application, "key": mapping.key}
    return {name: value for name, value in place.items() if value}
