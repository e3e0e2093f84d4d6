"""Names of agencies and procedures."""

from fansipan_db.scripts import run_script

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_script("0005_names.sql")
