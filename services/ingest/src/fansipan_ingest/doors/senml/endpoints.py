"""`POST /v1/senml`."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from fansipan_common.api_keys import Principal
from fansipan_common.errors import UnsupportedMediaType
from fansipan_ingest.api.access import Authenticate
from fansipan_ingest.api.body import read_body
from fansipan_ingest.api.schemas import RESPONSES, Arrived, DryRun, Strict, Wait, request_body
from fansipan_ingest.domain.parsing import TooManyItems
from fansipan_ingest.doors.acceptance import Acceptance
from fansipan_ingest.doors.senml.mapping import readings_of
from fansipan_ingest.doors.senml.packs import decode_cbor, decode_json, resolve
from fansipan_ingest.settings import IngestSettings

_DECODERS: Final = {"application/senml+json": decode_json, "application/senml+cbor": decode_cbor}
_NUMBER: Final = {"type": "number"}
_TEXT: Final = {"type": "string"}
_SCHEMA: Final[dict[str, Any]] = {
    "type": "array",
    "items": {
        "type": "object",
        "description": "A record of RFC 8428; a field beginning with b holds for the records that follow, too.",
        "properties": {
            "bn": _TEXT,
            "bt": _NUMBER,
            "bu": _TEXT,
            "bv": _NUMBER,
            "bs": _NUMBER,
            "bver": _NUMBER,
            "n": _TEXT,
            "u": _TEXT,
            "v": _NUMBER,
            "vs": _TEXT,
            "vb": {"type": "boolean"},
            "vd": _TEXT,
            "s": _NUMBER,
            "t": _NUMBER,
            "ut": _NUMBER,
        },
    },
}
_EXAMPLE: Final = [{"bn": "urn:dev:ow:10e2073a01080063:", "n": "temperature", "u": "Cel", "v": 23.1}]
_OPENAPI: Final = request_body(("application/senml+json", _SCHEMA, _EXAMPLE))
_OPENAPI["requestBody"]["content"]["application/senml+cbor"] = {
    "schema": {
        "type": "string",
        "format": "binary",
        "description": "The same in CBOR, with RFC 8428's labels.",
    }
}


def senml_router(
    acceptance: Acceptance,
    authenticate: Authenticate,
    clock: Callable[[], datetime],
    settings: IngestSettings,
) -> APIRouter:
    """The door for SenML packs, by content type in JSON or CBOR."""
    router = APIRouter(tags=["SenML"])

    @router.post(
        "/v1/senml",
        status_code=202,
        response_class=Response,
        responses=RESPONSES,
        openapi_extra=_OPENAPI,
        summary="Push SenML (RFC 8428)",
    )
    async def push_senml(
        request: Request,
        principal: Annotated[Principal, Depends(authenticate)],
        strict: Strict = False,
        wait: Wait = None,
        dry_run: DryRun = False,
        arrived: Arrived = None,
    ) -> Response:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        decode = _DECODERS.get(media_type)
        if decode is None:
            raise UnsupportedMediaType(
                f"content type {media_type!r} is not read here: send {' or '.join(_DECODERS)}"
            )
        body = await read_body(request, settings.max_body_bytes)
        sent = decode(body)
        if len(sent) > settings.max_items:
            raise TooManyItems(len(sent), settings.max_items, "records")
        records, wrong = resolve(sent, clock().timestamp() if arrived is None else arrived / 1000)
        readings = readings_of(principal.provider_key, sent, records, wrong)
        return await acceptance.take(principal, readings, strict=strict, wait=wait, dry_run=dry_run)

    return router
