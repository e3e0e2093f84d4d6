"""What `/v1/agencies` and `/v1/procedures` take and give."""

from typing import Annotated, Literal

from pydantic import Field

from fansipan_gateway.api.parameters import AreaCode, Cursor, Limit, Parameters, ResponseModel, Search

Level = Literal["central", "province", "commune"]
Field200 = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]

_Q = Annotated[
    Search | None, Field(description="Text in a name or the key; small letters without marks find all.")
]
_Next = Annotated[str | None, Field(description="Address of the next page; null on the last.")]


class AgencyParameters(Parameters):
    """Query parameters."""

    q: _Q = None
    level: Annotated[
        Level | None,
        Field(
            description="`central`: what a ministry has in the province; `province`: departments; `commune`."
        ),
    ] = None
    area: Annotated[
        AreaCode | None,
        Field(description="Those that serve this commune; or this province and all its communes."),
    ] = None
    limit: Limit = 1_000
    cursor: Cursor | None = None


class ProcedureParameters(Parameters):
    """Query parameters."""

    q: _Q = None
    field: Annotated[Field200 | None, Field(description="Lĩnh vực, as `field` of the items writes it.")] = (
        None
    )
    limit: Limit = 1_000
    cursor: Cursor | None = None


class Agency(ResponseModel):
    """A body that owes a service."""

    key: Annotated[str, Field(examples=["UBND-02671"], description="As service events name it.")]
    name: Annotated[str, Field(examples=["Ủy ban nhân dân phường Cam Đường"])]
    name_en: Annotated[str | None, Field(examples=["People's Committee of Cam Duong Ward"])]
    level: Annotated[Level | None, Field(examples=["commune"])]
    area_code: Annotated[str | None, Field(examples=["02671"], description="The area it serves.")]


class AgencyList(ResponseModel):
    """One page, in the order of keys."""

    items: list[Agency]
    next: _Next


class Procedure(ResponseModel):
    """An administrative procedure (thủ tục hành chính)."""

    key: Annotated[str, Field(examples=["1.004194"], description="As service events name it.")]
    name: Annotated[str, Field(examples=["Đăng ký tạm trú"])]
    name_en: Annotated[str | None, Field(examples=["Registration of temporary residence"])]
    field: Annotated[str | None, Field(examples=["Đăng ký, quản lý cư trú"], description="Lĩnh vực.")]
    national_code: Annotated[
        str | None, Field(description="Its code in the national database, where the key is another.")
    ]
    law: Annotated[str | None, Field(description="What it rests on.")]
    processing_days: Annotated[
        float | None, Field(examples=[3], description="Standard processing time, working days.")
    ]


class ProcedureList(ResponseModel):
    """One page, in the order of keys."""

    items: list[Procedure]
    next: _Next
