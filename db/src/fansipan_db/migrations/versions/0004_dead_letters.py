"""Dead letters, search without marks, audit filters."""

from fansipan_db.scripts import run_script

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_script("0004_dead_letters.sql")
