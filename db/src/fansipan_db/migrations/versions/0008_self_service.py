"""Provider self-service: members, managing keys, quotas, usage, webhooks."""

from fansipan_db.scripts import run_script

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_script("0008_self_service.sql")
