"""The OpenAPI document, with the ways to log in."""

from typing import Any, Final

from fastapi import FastAPI

from fansipan_common.problems import CONTENT_TYPE, Problem

_SCHEMES: Final = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key with the scope `read`: `fsp_<id>_<secret>`.",
    },
    "operator": {
        "type": "http",
        "scheme": "basic",
        "description": "An operator's name and password, or any name and an API key as password.",
    },
}


class GatewayApp(FastAPI):
    """A FastAPI app whose OpenAPI document names our security schemes for every operation.

    They are written here because FastAPI would otherwise solve one more dependency a scheme in every request.
    """

    def __init__(self, *, anonymous_read: bool, **options: Any) -> None:
        super().__init__(**options)
        self._security: list[dict[str, list[str]]] = [{name: []} for name in _SCHEMES]
        if anonymous_read:
            self._security.append({})

    def openapi(self) -> dict[str, Any]:
        """The document; made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            document.setdefault("components", {})["securitySchemes"] = _SCHEMES
            document["security"] = self._security
            for path in document["paths"].values():
                for method, operation in path.items():
                    _say_what_is_answered(method, operation)
            schemas = document["components"]["schemas"]
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            schemas["Problem"] = Problem.model_json_schema()
        return super().openapi()


def _say_what_is_answered(method: str, operation: dict[str, Any]) -> None:
    """Problems are problems in one media type; what FastAPI would answer to a bad request is never answered; a body is
    bounded; and a GET may find that nothing changed."""
    responses: dict[str, Any] = operation["responses"]
    if "requestBody" in operation:
        responses |= {"408": {"description": "Request Timeout"}, "413": {"description": "Payload Too Large"}}
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for status, response in responses.items():
        if status >= "400":
            response["content"] = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if method == "get" and "200" in responses:
        responses["304"] = {"description": "What you have (`If-None-Match`) is still the same"}
