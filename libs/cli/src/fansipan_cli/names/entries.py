"""What a file says of an agency or a procedure, and where it is kept."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fansipan_common.contracts.service_event import AreaCode, Code


def _text(longest: int) -> Any:
    return Field(min_length=1, max_length=longest, pattern=r"^[^\x00-\x1f]*$")


class Entry(BaseModel):
    """Base of entries: columns of a CSV file and members of a YAML file are named as the API names them."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
    )

    key: Code


class AgencyEntry(Entry):
    """A body that owes a service."""

    name: Annotated[str, _text(300)]
    name_en: Annotated[str, _text(300)] | None = None
    level: Literal["central", "province", "commune"] | None = None
    area_code: AreaCode | None = None


class ProcedureEntry(Entry):
    """An administrative procedure. `processing_days`: working days."""

    name: Annotated[str, _text(1000)]
    name_en: Annotated[str, _text(1000)] | None = None
    field: Annotated[str, _text(200)] | None = None
    national_code: Annotated[str, _text(64)] | None = None
    law: Annotated[str, _text(1000)] | None = None
    processing_days: Annotated[float | None, Field(gt=0, le=1000)] = None


@dataclass(frozen=True, slots=True)
class Register:
    """Where entries are kept.

    Attributes:
        noun: kind of subject, as figures and the audit trail call it.
        plural: the same for people.
        table: of the database; its columns are the fields of the entries.
        entry: what one is.
    """

    noun: Literal["agency", "procedure"]
    plural: str
    table: str
    entry: type[Entry]

    @property
    def columns(self) -> list[str]:
        """All but the key."""
        return [name for name in self.entry.model_fields if name != "key"]


AGENCIES: Final = Register("agency", "agencies", "agency", AgencyEntry)
PROCEDURES: Final = Register("procedure", "procedures", "administrative_procedure", ProcedureEntry)
