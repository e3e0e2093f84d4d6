"""The database schema: released migrations are frozen, functions and grants are re-run every time."""

from fansipan_db.areas import load_areas
from fansipan_db.migrate import current_revision, head_revision, migrate

__all__ = ["current_revision", "head_revision", "load_areas", "migrate"]
