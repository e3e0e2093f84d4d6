"""The OpenAPI document, with the ways to log in."""

from typing import Any, Final

from fastapi import FastAPI

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
        document = super().openapi()
        document.setdefault("components", {})["securitySchemes"] = _SCHEMES
        document["security"] = self._security
        return document
