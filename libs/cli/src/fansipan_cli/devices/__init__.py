"""Mappings of devices: read from files and from lists of network servers, kept in the database."""

from fansipan_cli.devices.entries import Entry
from fansipan_cli.devices.files import read_entries
from fansipan_cli.devices.store import DeviceStore, Plan
from fansipan_cli.devices.writing import as_csv, as_yaml

__all__ = ["DeviceStore", "Entry", "Plan", "as_csv", "as_yaml", "read_entries"]
