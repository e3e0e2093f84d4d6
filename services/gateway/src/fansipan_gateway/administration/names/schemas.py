"""What `/v1/admin/agencies` and `/v1/admin/procedures` take and give."""

from typing import Annotated

from fastapi import Path
from pydantic import Field, StringConstraints

from fansipan_gateway.administration.schemas import Body
from fansipan_gateway.api.parameters import AreaCode, ResponseModel
from fansipan_gateway.names.domain import KEY_PATTERN
from fansipan_gateway.names.schemas import AgencyParameters, Level, ProcedureParameters

KeyPath = Annotated[str, Path(pattern=KEY_PATTERN, description="As service events name it.")]


def _text(longest: int) -> StringConstraints:
    return StringConstraints(
        strip_whitespace=True, min_length=1, max_length=longest, pattern=r"^[^\x00-\x1f]*$"
    )


_UnnamedField = Annotated[
    bool | None,
    Field(
        description="True: only those that events name and nobody has given a name; false: only named ones."
    ),
]
_InEvents = Annotated[bool, Field(description="Whether cases name it.")]
_UpdatedAt = Annotated[str | None, Field(description="When the name was given; null: there is none.")]
_Version = Annotated[str, Field(description="For If-Match, in quotes.")]
_Unnamed = Annotated[int, Field(description="How many events name that have no name, on all pages.")]


class AdminAgencyParameters(AgencyParameters):
    """Query parameters."""

    unnamed: _UnnamedField = None


class AdminProcedureParameters(ProcedureParameters):
    """Query parameters."""

    unnamed: _UnnamedField = None


class AgencyBody(Body):
    """All that is said of an agency; what is left out is not known."""

    name: Annotated[str, _text(300)]
    name_en: Annotated[str, _text(300)] | None = None
    level: Level | None = None
    area_code: AreaCode | None = None


class ProcedureBody(Body):
    """All that is said of a procedure; what is left out is not known."""

    name: Annotated[str, _text(1000)]
    name_en: Annotated[str, _text(1000)] | None = None
    field: Annotated[str, _text(200)] | None = None
    national_code: Annotated[str, _text(64)] | None = None
    law: Annotated[str, _text(1000)] | None = None
    processing_days: Annotated[
        float | None, Field(gt=0, le=1000, description="Standard processing time, working days.")
    ] = None


class AdministeredAgency(ResponseModel):
    """An agency, perhaps without a name."""

    key: Annotated[str, Field(examples=["UBND-02671"])]
    name: Annotated[str | None, Field(examples=["Ủy ban nhân dân phường Cam Đường"])]
    name_en: str | None
    level: Level | None
    area_code: str | None
    in_events: _InEvents
    updated_at: _UpdatedAt
    version: _Version


class AdministeredAgencyList(ResponseModel):
    """One page, in the order of keys."""

    items: list[AdministeredAgency]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]
    unnamed: _Unnamed


class AdministeredProcedure(ResponseModel):
    """A procedure, perhaps without a name."""

    key: Annotated[str, Field(examples=["1.004194"])]
    name: Annotated[str | None, Field(examples=["Đăng ký tạm trú"])]
    name_en: str | None
    field: str | None
    national_code: str | None
    law: str | None
    processing_days: float | None
    in_events: _InEvents
    updated_at: _UpdatedAt
    version: _Version


class AdministeredProcedureList(ResponseModel):
    """One page, in the order of keys."""

    items: list[AdministeredProcedure]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]
    unnamed: _Unnamed
