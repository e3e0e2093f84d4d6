"""Read-only mode."""

from fansipan_db.scripts import run_script

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_script("0011_read_only.sql")
