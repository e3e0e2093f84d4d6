"""Keys of subjects that are not plain codes."""

from datetime import date


def former_unit_key(code: str, until: date) -> str:
    """The subject that stands for a unit that was merged and whose code names another unit since.

    Example: 02647 was Phường Kim Tân until 1 July 2025: `02647@2025-07-01`.
    """
    return f"{code}@{until.isoformat()}"
