"""`/v1/admin/dead-letters`."""

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.errors import PayloadTooLarge
from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import JSON
from fansipan_gateway.api.links import next_link
from fansipan_gateway.dead_letters.repository import DeadLetterFilter
from fansipan_gateway.dead_letters.schemas import (
    DeadLetterDetail,
    DeadLetterId,
    DeadLetterList,
    DeadLetterParameters,
    ReplayBody,
)
from fansipan_gateway.dead_letters.service import Correction, DeadLetters

_MAX_BODY: Final = 256 * 1024


def dead_letters_router(letters: DeadLetters, operators: ReadAccess) -> APIRouter:
    """The door to dead letters, for operators and admins."""
    router = APIRouter(tags=["dead letters"])

    @router.get(
        "/v1/admin/dead-letters",
        summary="What could not be used, and why",
        response_model=DeadLetterList,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def list_dead_letters(
        request: Request,
        parameters: Annotated[DeadLetterParameters, Query()],
        _operator: Annotated[Reader, Depends(operators)],
    ) -> Response:
        """The newest first; several filters must all fit. Needs the role operator or admin."""
        page = await letters.list(
            DeadLetterFilter(
                code=parameters.code,
                provider=parameters.provider,
                kind=parameters.kind,
                replayed=parameters.replayed,
                start=parameters.start,
                end=parameters.end,
            ),
            limit=parameters.limit,
            cursor=parameters.cursor,
        )
        return _answer({"items": page.items, "next": next_link(request, page.cursor)})

    @router.get(
        "/v1/admin/dead-letters/{letter_id}",
        summary="One dead letter with what was sent",
        response_model=DeadLetterDetail,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def get_dead_letter(
        letter_id: DeadLetterId, _operator: Annotated[Reader, Depends(operators)]
    ) -> Response:
        """Needs the role operator or admin."""
        return _answer(await letters.get(letter_id))

    @router.post(
        "/v1/admin/dead-letters/{letter_id}/replay",
        summary="Send it again",
        response_model=DeadLetterDetail,
        responses=problem_responses(400, 401, 403, 404, 409, 413, 429, 503),
    )
    async def replay_dead_letter(
        request: Request,
        letter_id: DeadLetterId,
        operator: Annotated[Reader, Depends(operators)],
        body: ReplayBody | None = None,
    ) -> Response:
        """To ingest, in the name of its provider: as it was sent, or with a corrected `payload`.

        The answer is the letter with `replay.outcome`: `accepted`, or `refused` with the reasons. It is noted in the
        audit trail. Again is harmless: what is stored already stays as it is. Needs the role operator or admin.
        """
        correction = None
        if body is not None and "payload" in body.model_fields_set:
            if len(json.dumps(body.payload)) > _MAX_BODY:
                raise PayloadTooLarge(f"a corrected payload has {_MAX_BODY} bytes at most")
            correction = Correction(body.payload)
        client = request.client.host if request.client else ""
        return _answer(await letters.replay(letter_id, correction, actor=operator.name, client=client))

    return router


def _answer(document: dict[str, Any]) -> Response:
    """What was sent may be anything: no cache keeps it."""
    return Response(json.dumps(document), media_type=JSON, headers={"Cache-Control": "no-store"})
