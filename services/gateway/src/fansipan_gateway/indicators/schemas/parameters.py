"""Query and path parameters of the indicators."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Path
from pydantic import BeforeValidator, Field

from fansipan_gateway.api.parameters import AreaCode, Cursor, Instant, Limit, Parameters, restore_plus
from fansipan_gateway.indicators.service.newest import RankBy
from fansipan_indicators.periods import PeriodKind

Group = Literal[
    "environment",
    "floods",
    "traffic",
    "energy",
    "parking",
    "weather",
    "public-services",
    "e-government",
    "data-health",
]
IndicatorId = Annotated[
    str,
    Path(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$", description="Id of the indicator.", examples=["d766-total"]),
]
SubjectReference = Annotated[
    str,
    Field(
        min_length=2,
        max_length=400,
        pattern=r"^[^\x00]*$",
        description="`02671` or `15` (an area), `agency:<code>`, `procedure:<code>`, `thing:<provider>/<thing>`, "
        "`agency-procedure:<agency>|<procedure>`, `area-procedure:<area>|<procedure>`.",
        examples=["02671", "agency:UBND-02671", "thing:demo/station-1"],
    ),
]
PathSubject = Annotated[
    str,
    Path(
        min_length=2,
        max_length=400,
        pattern=r"^[^\x00]*$",
        description="`02671` or `15` (an area), `agency:<code>`, `procedure:<code>`, `thing:<provider>/<thing>`, …",
        examples=["02671"],
    ),
]
PathPeriod = Annotated[
    str,
    Path(
        min_length=4,
        max_length=13,
        description="`2026-11-21T08` (an hour), `2026-11-21`, `2026-11`, `2026-Q4` or `2026`.",
        examples=["2026-11"],
    ),
]
PeriodOrInstant = Annotated[
    str, BeforeValidator(restore_plus), Field(min_length=4, max_length=40, pattern=r"^[^\x00]*$")
]
AsOf = Annotated[
    Instant,
    Field(
        description="What was known at that time; RFC 3339. Default: what is known now.",
        examples=["2026-11-01T00:00:00+07:00"],
    ),
]
VersionNumber = Annotated[
    int, Field(ge=1, le=999, description="Version of the definition. Default: the one in force.")
]


class ListParameters(Parameters):
    """Query parameters of the list of indicators."""

    group: Annotated[Group | None, Field(description="Only indicators of this group.")] = None
    public: Annotated[
        bool | None, Field(description="Only public ones, or only those that operators alone see.")
    ] = None


class DetailParameters(Parameters):
    """Query parameters of one indicator."""

    version: VersionNumber | None = None


class PeriodParameters(Parameters):
    """Query parameters that say of which periods, and as known when."""

    period: Annotated[
        PeriodKind | None, Field(description="Length of the periods. Default: the first of the definition.")
    ] = None
    start: Annotated[
        PeriodOrInstant | None,
        Field(
            alias="from",
            description="Earliest begin of a period, inside: RFC 3339, or a period. Default, before `to`: 48 hours, "
            "60 days, 24 months, 5 years of quarters, 20 years.",
            examples=["2026-01"],
        ),
    ] = None
    end: Annotated[
        PeriodOrInstant | None,
        Field(
            alias="to",
            description="RFC 3339 (outside), or the last period (inside). Default: the running period is the last.",
            examples=["2026-11"],
        ),
    ] = None
    as_of: AsOf | None = None


class ValuesParameters(PeriodParameters):
    """Query parameters of the figures of a subject."""

    area: Annotated[
        AreaCode | None, Field(description="Official code of a commune or a province.", examples=["02671"])
    ] = None
    subject: Annotated[SubjectReference | None, Field(description="Or any other subject.")] = None
    version: Annotated[
        int | None,
        Field(
            ge=1,
            le=999,
            description="Version of the definition. Default: of each period, the one in force at its start.",
        ),
    ] = None
    boundaries: Annotated[
        date | None,
        Field(
            description="Areas by the boundaries of that date. Default: today's unit of that code, or the merged one.",
            examples=["2025-06-30"],
        ),
    ] = None
    limit: Limit = 1_000
    cursor: Cursor | None = None


class RankingParameters(Parameters):
    """Query parameters of a ranking."""

    by: Annotated[RankBy, Field(description="What is ranked; areas are communes.")] = RankBy.AREA
    period: Annotated[
        PeriodKind | None, Field(description="Length of the periods. Default: the first of the definition.")
    ] = None
    as_of: AsOf | None = None
    limit: Limit = 1_000
    cursor: Cursor | None = None


class CardParameters(Parameters):
    """Query parameters of all indicators of one subject."""

    subject: SubjectReference
    group: Annotated[Group | None, Field(description="Only indicators of this group.")] = None
    period: Annotated[
        PeriodKind | None, Field(description="Length of the periods. Default: the first of each definition.")
    ] = None
    as_of: AsOf | None = None


class ExplainParameters(Parameters):
    """Query parameters of an explanation."""

    as_of: AsOf | None = None
    version: VersionNumber | None = None
    limit: Annotated[int, Field(ge=1, le=1_000, description="Inputs a page at most.")] = 100
    cursor: Cursor | None = None
    corrections_cursor: Cursor | None = None
