"""Registers: who has a name, and what else is said of them."""

from dataclasses import dataclass
from typing import Any, Final

from fansipan_gateway.domain.results import Row

KEY_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"
"""How service events write agencies and procedures."""


@dataclass(frozen=True, slots=True)
class Register:
    """A list of names by key.

    Attributes:
        noun: what is in it: `agency` or `procedure`, as kinds of subjects call it.
        path: how addresses call it.
        table: where it is.
        members: column → member of the JSON, of all that is said of one but its key.
    """

    noun: str
    path: str
    table: str
    members: dict[str, str]


AGENCIES: Final = Register(
    "agency",
    "agencies",
    "agency",
    {"name": "name", "name_en": "nameEn", "level": "level", "area_code": "areaCode"},
)
PROCEDURES: Final = Register(
    "procedure",
    "procedures",
    "administrative_procedure",
    {
        "name": "name",
        "name_en": "nameEn",
        "field": "field",
        "national_code": "nationalCode",
        "law": "law",
        "processing_days": "processingDays",
    },
)


def said_of(register: Register, row: Row) -> dict[str, Any]:
    """What a row says beside its key, as JSON."""
    return {member: row[column] for column, member in register.members.items()}
