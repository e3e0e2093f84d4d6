"""Why an export is refused."""

from datetime import datetime

from fansipan_common.errors import ClientFault, ServerFault
from fansipan_gateway.domain.time_range import TimeRange, format_instant


class TooManyRows(ClientFault):
    """More rows than one file may have; `splitAt` is where to cut."""

    code, title = "too-many-rows", "Too many rows"

    def __init__(self, most: int, time_range: TimeRange, split_at: datetime) -> None:
        start, cut, end = map(format_instant, (time_range.start, split_at, time_range.end))
        if split_at > time_range.start:
            todo = f"ask for from={start}&to={cut} first, then go on with from={cut}&to={end}"
        else:
            todo = "so many begin at one time that it cannot be cut: choose an area, or csv or parquet"
        super().__init__(
            f"over {most} rows lie between {start} and {end}: {todo}", extra={"maxRows": most, "splitAt": cut}
        )


class FormatNotAvailable(ClientFault):
    """What is asked for cannot be written in this format."""

    code, title = "format-not-available", "Format not available"


class ExportsBusy(ServerFault):
    """As many files as are allowed are being written."""

    code, title = "exports-busy", "Too many exports at once"

    def __init__(self) -> None:
        super().__init__("as many files as possible are being written; try again", retry_after=10)


class ExportTooSlow(ServerFault):
    """The file took longer than allowed: the client read too slowly."""

    code, title = "export-too-slow", "The export took too long"
