"""`GET /v1/indicators/{id}/export` and `GET /v1/datastreams/{id}/observations/export`."""

import asyncio
from typing import Annotated, Any, Final

import structlog
from anyio import CancelScope
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Message, Send

from fansipan_common.errors import FansipanError
from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Kind, Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.parameters import PathReference
from fansipan_gateway.exports.domain.formats import MEDIA_TYPES, FigureFormat, SeriesFormat
from fansipan_gateway.exports.schemas import FigureExportParameters, SeriesExportParameters
from fansipan_gateway.exports.service.figures import FigureExport, FigureExports
from fansipan_gateway.exports.service.series import SeriesExport, SeriesExports
from fansipan_gateway.exports.service.streaming import ExportFile
from fansipan_gateway.indicators.domain.subjects import parse_subject
from fansipan_gateway.indicators.endpoints.definitions import shared
from fansipan_gateway.indicators.schemas.parameters import IndicatorId

_log = structlog.get_logger(__name__)

_SEND_SECONDS: Final = 60.0
"""How long a client may take to read a piece; after that the download is given up."""


class FileResponse(StreamingResponse):
    """Sends a file as it is made. A client that goes away, or does not read, ends the making of it."""

    def __init__(self, file: ExportFile, *, public: bool) -> None:
        super().__init__(
            file.chunks,
            media_type=file.media_type,
            headers={
                "Content-Disposition": f'attachment; filename="{file.name}"',
                "Cache-Control": f"{'public' if public else 'private'}, no-cache",
                "Vary": "Authorization",
            },
        )
        self._chunks = file.chunks

    async def stream_response(self, send: Send) -> None:
        """As the base class, with a bound on each wait; the chunks are closed whatever happens."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(_SEND_SECONDS):
                await send(message)

        try:
            await super().stream_response(send_in_time)
        except (FansipanError, TimeoutError) as error:
            # The answer has begun: without its last chunk the client sees that it is not whole.
            _log.warning("export given up", error=str(error) or "the client reads nothing")
        finally:
            with CancelScope(shield=True):
                await self._chunks.aclose()


def exports_router(
    figures: FigureExports, series: SeriesExports, *, access: ReadAccess, public_access: ReadAccess
) -> APIRouter:
    """The door to files. It comes before those of datastreams and indicators, whose paths hold any text.

    Args:
        figures, series: what makes the files.
        access: who reads measurements.
        public_access: who reads figures: everybody, of the public indicators.
    """
    router = APIRouter(tags=["exports"])

    @router.get(
        "/v1/indicators/{indicator}/export",
        summary="Figures as a file",
        response_class=Response,
        responses=_file_responses(FigureFormat) | problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def export_figures(
        request: Request,
        indicator: IndicatorId,
        parameters: Annotated[FigureExportParameters, Query()],
        reader: Annotated[Reader, Depends(public_access)],
    ) -> Response:
        """Figures of all subjects of a kind, or of one, by time: CSV, Parquet, XLSX, or GeoJSON with boundaries.

        The rows are the figures of `/values`, flat. Public indicators are open data: no login is needed for them.
        A range with too many rows is refused with `too-many-rows`; `splitAt` says where to cut it.
        """
        subject = None if parameters.subject is None else parse_subject(parameters.subject)
        file = await figures.open(
            FigureExport(
                indicator=indicator,
                file_format=parameters.file_format,
                source=str(request.url),
                subject_kind=parameters.subject_kind if subject is None else subject.kind,
                subject=subject,
                area=parameters.area,
                kind=parameters.period,
                start=parameters.start,
                end=parameters.end,
                as_of=parameters.as_of,
                style=parameters.style,
            ),
            reader.visibility,
            anonymous=reader.kind is Kind.ANONYMOUS,
        )
        return FileResponse(file, public=shared(reader))

    @router.get(
        "/v1/datastreams/{reference:path}/observations/export",
        summary="Observations as a file",
        response_class=Response,
        responses=_file_responses(SeriesFormat) | problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def export_observations(
        request: Request,
        reference: PathReference,
        parameters: Annotated[SeriesExportParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """Raw observations or rollups of one datastream with `from` ≤ time < `to`, by time, as CSV or Parquet.

        All rows are of one state of the database. A range with too many rows is refused with `too-many-rows`; `splitAt`
        says where to cut it.
        """
        file = await series.open(
            SeriesExport(
                datastream=reference,
                file_format=parameters.file_format,
                granularity=parameters.granularity,
                source=str(request.url),
                start=parameters.start,
                end=parameters.end,
                style=parameters.style,
            ),
            reader.visibility,
            anonymous=reader.kind is Kind.ANONYMOUS,
        )
        return FileResponse(file, public=reader.public)

    return router


def _file_responses(formats: type[FigureFormat] | type[SeriesFormat]) -> dict[int | str, dict[str, Any]]:
    binary = {"schema": {"type": "string", "format": "binary"}}
    types = [MEDIA_TYPES[file_format.value].partition(";")[0] for file_format in formats]
    return {
        200: {
            "description": "The file, as it is made: one that ends without its last chunk is not whole.",
            "content": dict.fromkeys(types, binary),
            "headers": {
                "Content-Disposition": {
                    "description": "A name for the file.",
                    "schema": {"type": "string"},
                }
            },
        }
    }
