"""`/v1/alerts`, and what operators do there."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.alerts.domain import Precondition, parse_if_match
from fansipan_gateway.alerts.repository import AlertFilter
from fansipan_gateway.alerts.schemas import (
    AlertDetail,
    AlertList,
    AlertParameters,
    AssignBody,
    CommentBody,
    NoteBody,
)
from fansipan_gateway.alerts.service import Alerts
from fansipan_gateway.api.conditional import etag_of, respond
from fansipan_gateway.api.pages import respond_page

AlertId = Annotated[int, Path(ge=1, lt=1 << 63)]
IfMatch = Annotated[
    str | None,
    Header(description='The ETag of the alert that you have seen, or its version in quotes: `"3"`.'),
]
_ACTION_RESPONSES = problem_responses(400, 401, 403, 404, 409, 412, 429, 503)


def alerts_router(alerts: Alerts, access: ReadAccess, operators: ReadAccess) -> APIRouter:
    """The door to alerts: `access` reads, `operators` act."""
    router = APIRouter(tags=["alerts"])

    @router.get(
        "/v1/alerts",
        summary="Alerts, the newest first",
        response_model=AlertList,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def list_alerts(
        request: Request,
        parameters: Annotated[AlertParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """Open problems and ended ones: `state=open&state=acknowledged` lists those that need somebody."""
        page = await alerts.list(
            AlertFilter(
                states=parameters.state or None,
                severities=parameters.severity or None,
                rule=parameters.rule,
                area=parameters.area,
                subject=parameters.subject,
                start=parameters.start,
                end=parameters.end,
                assignee=parameters.assignee,
            ),
            reader,
            limit=parameters.limit,
            cursor=parameters.cursor,
        )
        return respond_page(request, page, public=reader.shared)

    @router.get(
        "/v1/alerts/{alert_id}",
        summary="One alert with its history",
        response_model=AlertDetail,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def get_alert(
        request: Request, alert_id: AlertId, reader: Annotated[Reader, Depends(access)]
    ) -> Response:
        """The alert, everything that happened to it, and (for operators) how receivers were told."""
        return _answer(request, await alerts.get(alert_id, reader), reader)

    @router.post(
        "/v1/alerts/{alert_id}/acknowledge",
        summary="Say that somebody looks after it",
        response_model=AlertDetail,
        responses=_ACTION_RESPONSES,
    )
    async def acknowledge_alert(
        request: Request,
        alert_id: AlertId,
        body: NoteBody,
        operator: Annotated[Reader, Depends(operators)],
        if_match: IfMatch = None,
    ) -> Response:
        """From now on it does not escalate. Needs the role operator or admin."""
        precondition = Precondition(parse_if_match(if_match), body.version)
        item = await alerts.act(alert_id, "acknowledged", operator, note=body.note, precondition=precondition)
        return _answer(request, item, operator)

    @router.post(
        "/v1/alerts/{alert_id}/comment",
        summary="Write into its history",
        response_model=AlertDetail,
        responses=_ACTION_RESPONSES,
    )
    async def comment_on_alert(
        request: Request,
        alert_id: AlertId,
        body: CommentBody,
        operator: Annotated[Reader, Depends(operators)],
        if_match: IfMatch = None,
    ) -> Response:
        """Needs the role operator or admin."""
        precondition = Precondition(parse_if_match(if_match), body.version)
        item = await alerts.act(alert_id, "commented", operator, note=body.note, precondition=precondition)
        return _answer(request, item, operator)

    @router.post(
        "/v1/alerts/{alert_id}/assign",
        summary="Give it to somebody",
        response_model=AlertDetail,
        responses=_ACTION_RESPONSES,
    )
    async def assign_alert(
        request: Request,
        alert_id: AlertId,
        body: AssignBody,
        operator: Annotated[Reader, Depends(operators)],
        if_match: IfMatch = None,
    ) -> Response:
        """Or take it away, with a null assignee. Needs the role operator or admin."""
        precondition = Precondition(parse_if_match(if_match), body.version)
        item = await alerts.act(
            alert_id, "assigned", operator, note=body.note, assignee=body.assignee, precondition=precondition
        )
        return _answer(request, item, operator)

    @router.post(
        "/v1/alerts/{alert_id}/resolve",
        summary="End it",
        response_model=AlertDetail,
        responses=_ACTION_RESPONSES,
    )
    async def resolve_alert(
        request: Request,
        alert_id: AlertId,
        body: NoteBody,
        operator: Annotated[Reader, Depends(operators)],
        if_match: IfMatch = None,
    ) -> Response:
        """While its cause lasts it does not open again, unless it gets worse. Needs the role operator or admin."""
        precondition = Precondition(parse_if_match(if_match), body.version)
        item = await alerts.act(alert_id, "resolved", operator, note=body.note, precondition=precondition)
        return _answer(request, item, operator)

    return router


def _answer(request: Request, item: dict[str, Any], reader: Reader) -> Response:
    """With an ETag that begins with the version, so that it serves If-Match as well."""
    body = orjson.dumps(item)
    etag = f'W/"{item["version"]}.{etag_of(body)[3:-1]}"'
    return respond(request, body, public=reader.shared, etag=etag)
