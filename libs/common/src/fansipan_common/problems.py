"""Errors as RFC 9457 problem details, rendered in one place."""

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from fansipan_common.errors import FansipanError, ServerFault

CONTENT_TYPE = "application/problem+json"
_log = structlog.get_logger(__name__)


class Problem(BaseModel):
    """RFC 9457 problem details; `code` is stable, `detail` says what to do."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    instance: str | None = None


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses` for the given statuses, all problems."""
    return {
        status: {"model": Problem, "description": HTTPStatus(status).phrase, "content": {CONTENT_TYPE: {}}}
        for status in statuses
    }


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of `app` an RFC 9457 problem."""

    @app.exception_handler(FansipanError)
    async def fansipan_error(request: Request, error: FansipanError) -> JSONResponse:
        if isinstance(error, ServerFault):
            _log.warning("server fault", code=error.code, detail=error.detail, path=request.url.path)
        return problem_response(request, error)

    @app.exception_handler(HTTPException)
    async def http_exception(request: Request, error: HTTPException) -> JSONResponse:
        phrase = HTTPStatus(error.status_code).phrase
        code = phrase.lower().replace(" ", "-")
        return _render(
            request, error.status_code, phrase, code, str(error.detail), headers=dict(error.headers or {})
        )

    @app.exception_handler(RequestValidationError)
    async def validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
        reasons = [
            {"loc": ".".join(map(str, e["loc"])), "code": e["type"], "detail": e["msg"]}
            for e in error.errors()[:20]
        ]
        detail = "; ".join(f"{r['loc']}: {r['detail']}" for r in reasons[:3])
        return _render(request, 400, "Bad request", "invalid-parameter", detail, extra={"errors": reasons})

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        _log.error("unexpected error", path=request.url.path, exc_info=error)
        return _render(
            request, 500, "Internal error", "internal", "An unexpected error; it is in the service's log."
        )


def problem_response(request: Request, error: FansipanError) -> JSONResponse:
    """An error as the answer to a request; for middleware, which stands outside the handlers."""
    return _render(
        request,
        error.status,
        error.title,
        error.code,
        error.detail,
        extra=error.extra,
        headers=error.headers,
    )


def _render(
    request: Request,
    status: int,
    title: str,
    code: str,
    detail: str,
    *,
    extra: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    body = {
        "type": f"urn:fansipan:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "instance": request.url.path,
    }
    request.state.problem_code = code  # for who counts refusals
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})}
    return JSONResponse(body | (extra or {}), status, headers=headers, media_type=CONTENT_TYPE)
