"""What exports take."""

from typing import Annotated, Literal

from pydantic import Field

from fansipan_gateway.api.parameters import AreaCode, Instant, Parameters
from fansipan_gateway.exports.domain.formats import CsvStyle, FigureFormat, SeriesFormat
from fansipan_gateway.indicators.domain.subjects import SubjectKind
from fansipan_gateway.indicators.schemas.parameters import AsOf, PeriodOrInstant, SubjectReference
from fansipan_gateway.observations.domain.granularity import Granularity
from fansipan_indicators.periods import PeriodKind


class _CsvParameters(Parameters):
    bom: Annotated[
        bool, Field(description="csv: begin with a byte order mark, so that Excel reads it as UTF-8.")
    ] = False
    comment: Annotated[
        bool, Field(description="csv: begin with a line `# …` that tells what the file is, and its licence.")
    ] = False

    @property
    def style(self) -> CsvStyle:
        """How a CSV file begins."""
        return CsvStyle(self.bom, self.comment)


class FigureExportParameters(_CsvParameters):
    """Query parameters of a file of figures."""

    file_format: Annotated[FigureFormat, Field(alias="format")] = FigureFormat.CSV
    area: Annotated[
        AreaCode | None,
        Field(
            description="Only this commune; or this province and all its communes; of things, those there.",
            examples=["15"],
        ),
    ] = None
    subject_kind: Annotated[
        SubjectKind, Field(description="Whose figures. Areas are the communes and the province.")
    ] = "area"
    subject: Annotated[
        SubjectReference | None,
        Field(description="Only this subject, as `/values` takes it; without `area` and `subjectKind`."),
    ] = None
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


class SeriesExportParameters(_CsvParameters):
    """Query parameters of a file of observations."""

    file_format: Annotated[SeriesFormat, Field(alias="format")] = SeriesFormat.CSV
    granularity: Annotated[
        Literal[Granularity.RAW, Granularity.MINUTE, Granularity.HOUR, Granularity.DAY],
        Field(description="`raw`, or a rollup: `1m`, `1h`, `1d`."),
    ] = Granularity.RAW
    start: Annotated[
        Instant | None,
        Field(alias="from", description="Earliest time, inside; RFC 3339. Default: 24 hours before `to`."),
    ] = None
    end: Annotated[
        Instant | None, Field(alias="to", description="Latest time, outside; RFC 3339. Default: now.")
    ] = None
