"""Devices, and the doors of dead letters."""

from fansipan_db.scripts import run_script

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_script("0009_devices.sql")
