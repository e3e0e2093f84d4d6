"""Files that providers upload."""

from fansipan_db.scripts import run_script

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_script("0010_file_imports.sql")
