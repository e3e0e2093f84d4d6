"""Features of interest, historical locations, who made what is shared."""

from fansipan_db.scripts import run_script

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_script("0006_sensor_things.sql")
