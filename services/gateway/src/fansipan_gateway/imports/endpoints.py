"""`/v1/provider/{provider}/imports`: files, uploaded in pieces."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from fansipan_bulk.mapping import Mapping
from fansipan_common.problems import problem_responses
from fansipan_gateway.administration.answers import answer, answer_page
from fansipan_gateway.imports.domain import State
from fansipan_gateway.imports.schemas import (
    ContentParameters,
    Import,
    ImportDetail,
    ImportId,
    ImportList,
    ImportListParameters,
    ImportPreview,
    LookBody,
    NewImportBody,
)
from fansipan_gateway.imports.service import Imports
from fansipan_gateway.self_service.manager import Manager, Managers

_PIECE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def imports_router(imports: Imports, managers: Managers) -> APIRouter:
    """The doors to a provider's files: for its members, admins, and its API keys with the scopes manage and write."""
    router = APIRouter(tags=["provider"], prefix="/v1/provider/{provider}/imports")

    @router.get(
        "",
        summary="Files that were uploaded",
        response_model=ImportList,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def list_imports(
        request: Request,
        parameters: Annotated[ImportListParameters, Query()],
        manager: Annotated[Manager, Depends(managers.of)],
    ) -> Response:
        """The newest first. Those that have ended are kept for 30 days."""
        page = await imports.list(manager, limit=parameters.limit, cursor=parameters.cursor)
        return answer_page(request, page)

    @router.post(
        "",
        summary="Begin an upload",
        status_code=201,
        response_model=ImportDetail,
        responses=problem_responses(400, 401, 403, 404, 409, 413, 429, 503),
    )
    async def create_import(
        request: Request,
        body: NewImportBody,
        manager: Annotated[Manager, Depends(managers.of)],
    ) -> Response:
        """Then the file is sent in pieces, by `PUT …/content`."""
        made = await imports.create(manager, body.name, body.size)
        return answer(made, 201, location=f"{request.url.path}/{made['id']}")

    @router.get(
        "/{import_id}",
        summary="One file",
        response_model=ImportDetail,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def get_import(import_id: ImportId, manager: Annotated[Manager, Depends(managers.of)]) -> Response:
        """How far it is, and what was found: ask again once a second while something is done with it."""
        return answer(await imports.get(manager, import_id))

    @router.put(
        "/{import_id}/content",
        summary="Send a piece of the file",
        response_model=Import,
        openapi_extra=_PIECE,
        responses=problem_responses(400, 401, 403, 404, 408, 409, 413, 429, 503),
    )
    async def put_content(
        request: Request,
        import_id: ImportId,
        parameters: Annotated[ContentParameters, Query()],
        manager: Annotated[Manager, Depends(managers.of)],
    ) -> Response:
        """At most 4 MiB, at least 64 KiB but for the last one. One that does not begin where the file ends so far is
        409 `import-offset` with the right `offset`: so an upload goes on after a lost connection."""
        return answer(await imports.add_piece(manager, import_id, parameters.offset, await request.body()))

    @router.get(
        "/{import_id}/preview",
        summary="What the file looks like",
        response_model=ImportPreview,
        responses=problem_responses(400, 401, 403, 404, 409, 429, 503),
    )
    async def get_preview(import_id: ImportId, manager: Annotated[Manager, Depends(managers.of)]) -> Response:
        """Columns, first rows, and a mapping that may fit; once `state` is `ready`."""
        return answer(await imports.preview(manager, import_id))

    @router.post(
        "/{import_id}/preview",
        summary="Look at the file again, read in another way",
        status_code=202,
        response_model=ImportDetail,
        responses=problem_responses(400, 401, 403, 404, 409, 429, 503),
    )
    async def look_again(
        import_id: ImportId,
        body: LookBody,
        manager: Annotated[Manager, Depends(managers.of)],
    ) -> Response:
        """With another encoding, delimiter, line of the header or sheet. Its mapping is forgotten."""
        return answer(await imports.look_again(manager, import_id, body.file), 202)

    @router.get(
        "/{import_id}/mapping",
        summary="What its columns are",
        response_model=Mapping,
        responses=problem_responses(400, 401, 403, 404, 409, 429, 503),
    )
    async def get_mapping(import_id: ImportId, manager: Annotated[Manager, Depends(managers.of)]) -> Response:
        """As a document that `fansipan import --mapping` takes, too."""
        return answer(await imports.mapping(manager, import_id))

    @router.put(
        "/{import_id}/mapping",
        summary="Say what its columns are",
        response_model=Mapping,
        responses=problem_responses(400, 401, 403, 404, 409, 413, 422, 429, 503),
    )
    async def put_mapping(
        import_id: ImportId,
        mapping: Annotated[Mapping, Body()],
        manager: Annotated[Manager, Depends(managers.of)],
    ) -> Response:
        """As docs/integrators/files.md says, in JSON; `provider` is that of the path."""
        return answer(await imports.put_mapping(manager, import_id, mapping))

    @router.post(
        "/{import_id}/check",
        summary="Check the file, and send nothing",
        status_code=202,
        response_model=ImportDetail,
        responses=problem_responses(400, 401, 403, 404, 409, 429, 503),
    )
    async def check_import(
        import_id: ImportId, manager: Annotated[Manager, Depends(managers.of)]
    ) -> Response:
        """The whole file is read by its mapping; `check` then says what would become of it, with the lines."""
        return answer(await imports.begin(manager, import_id, State.CHECKING), 202)

    @router.post(
        "/{import_id}/start",
        summary="Import the file",
        status_code=202,
        response_model=ImportDetail,
        responses=problem_responses(400, 401, 403, 404, 409, 429, 503),
    )
    async def start_import(
        import_id: ImportId, manager: Annotated[Manager, Depends(managers.of)]
    ) -> Response:
        """By its mapping. `progress` says how far it is, `report` in the end what became of it."""
        return answer(await imports.begin(manager, import_id, State.IMPORTING), 202)

    @router.post(
        "/{import_id}/cancel",
        summary="Give a file up",
        response_model=ImportDetail,
        responses=problem_responses(400, 401, 403, 404, 409, 429, 503),
    )
    async def cancel_import(
        import_id: ImportId, manager: Annotated[Manager, Depends(managers.of)]
    ) -> Response:
        """The file is deleted. What has been sent to ingest stays."""
        return answer(await imports.cancel(manager, import_id))

    @router.get(
        "/{import_id}/errors",
        summary="The rows that are wrong",
        response_class=StreamingResponse,
        responses={
            200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
            **problem_responses(400, 401, 403, 404, 429, 503),
        },
    )
    async def get_errors(
        import_id: ImportId, manager: Annotated[Manager, Depends(managers.of)]
    ) -> StreamingResponse:
        """Of the last check or import, as CSV: line, column, code and reason, then the row as it was. Correct it there
        and upload that file, with the same mapping."""
        name, chunks = await imports.errors(manager, import_id)
        return StreamingResponse(
            chunks,
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
                "Cache-Control": "no-store",
            },
        )

    return router
