"""Indicators and alerts."""

from fansipan_db.scripts import run_script

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_script("0002_indicators.sql")
