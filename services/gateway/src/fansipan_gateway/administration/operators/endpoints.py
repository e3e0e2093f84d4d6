"""`/v1/admin/operators`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.administration.actor import actor_of
from fansipan_gateway.administration.answers import answer, answer_page
from fansipan_gateway.administration.operators.domain import NewOperator, OperatorChange, generate_password
from fansipan_gateway.administration.operators.schemas import (
    Operator,
    OperatorBody,
    OperatorChangeBody,
    OperatorList,
    OperatorWithPassword,
)
from fansipan_gateway.administration.operators.service import Operators
from fansipan_gateway.administration.schemas import ListParameters, UsernamePath
from fansipan_gateway.administration.versions import IfMatch


def operators_router(operators: Operators, admins: ReadAccess) -> APIRouter:
    """The door to operators, for admins."""
    router = APIRouter(tags=["administration"])

    @router.get(
        "/v1/admin/operators",
        summary="Operators",
        response_model=OperatorList,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def list_operators(
        request: Request,
        parameters: Annotated[ListParameters, Query()],
        _admin: Annotated[Reader, Depends(admins)],
    ) -> Response:
        """In the order of their names; disabled ones, too."""
        page = await operators.list(limit=parameters.limit, cursor=parameters.cursor)
        return answer_page(request, page)

    @router.post(
        "/v1/admin/operators",
        summary="Make an operator",
        status_code=201,
        response_model=OperatorWithPassword,
        responses=problem_responses(400, 401, 403, 409, 422, 429, 503),
    )
    async def create_operator(
        request: Request, body: OperatorBody, admin: Annotated[Reader, Depends(admins)]
    ) -> Response:
        """With a password of 12 characters or more, or `generatePassword`: then it is in the answer, this once."""
        generated = generate_password() if body.password is None else None
        new = NewOperator(
            username=body.username,
            display_name=body.display_name,
            role=body.role,
            area_codes=tuple(sorted(set(body.area_codes))),
            agencies=tuple(sorted(set(body.agencies))),
            password=body.password.get_secret_value() if body.password is not None else generated or "",
        )
        item = await operators.create(new, actor_of(request, admin))
        return answer(_with(item, generated), 201, f"/v1/admin/operators/{body.username}")

    @router.get(
        "/v1/admin/operators/{username}",
        summary="One operator",
        response_model=Operator,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def get_operator(username: UsernamePath, _admin: Annotated[Reader, Depends(admins)]) -> Response:
        """With an ETag for If-Match."""
        return answer(await operators.get(username))

    @router.patch(
        "/v1/admin/operators/{username}",
        summary="Change an operator",
        response_model=OperatorWithPassword,
        responses=problem_responses(400, 401, 403, 404, 409, 412, 422, 429, 503),
    )
    async def change_operator(
        request: Request,
        username: UsernamePath,
        body: OperatorChangeBody,
        admin: Annotated[Reader, Depends(admins)],
        if_match: IfMatch = None,
    ) -> Response:
        """Only what is given. Their sessions end with a new role, areas, agencies or password, when the second factor
        is reset, and when they are disabled.

        Nobody changes their own role, and the last admin stays one (409).
        """
        generated = generate_password() if body.generate_password else None
        change = OperatorChange(
            display_name=body.display_name,
            role=body.role,
            area_codes=None if body.area_codes is None else tuple(sorted(set(body.area_codes))),
            agencies=None if body.agencies is None else tuple(sorted(set(body.agencies))),
            disabled=body.disabled,
            password=generated if body.new_password is None else body.new_password.get_secret_value(),
            reset_totp=body.reset_totp,
            unlock=body.unlock,
        )
        item = await operators.change(username, change, if_match, actor_of(request, admin))
        return answer(_with(item, generated))

    return router


def _with(item: dict[str, Any], generated: str | None) -> dict[str, Any]:
    return {**item, "generatedPassword": generated}
