"""Writing through SensorThings: deletions, features in the history, corrections by POST."""

from fansipan_db.scripts import run_script

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_script("0007_writing.sql")
