"""Swagger UI at `/docs`, wholly from our own host: no CDN and no inline script."""

from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Response

_ASSETS: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
_START: Final = """\
window.addEventListener("load", () => {
  SwaggerUIBundle({ url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, layout: "BaseLayout" });
});
"""
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fansipan API</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_A_DAY: Final = {"Cache-Control": "public, max-age=86400"}


def docs_router() -> APIRouter:
    """Routes of the API's documentation; the files are read once."""
    router = APIRouter(include_in_schema=False)
    resources = files("fastapi_swagger") / "resources"
    contents = {name: (resources / name).read_bytes() for name in _ASSETS}

    @router.get("/docs")
    async def page() -> Response:
        return Response(_PAGE, media_type="text/html", headers={"Cache-Control": "no-cache"})

    @router.get("/docs/start.js")
    async def start() -> Response:
        return Response(_START, media_type="text/javascript", headers=_A_DAY)

    def asset(name: str, media_type: str) -> None:
        @router.get(f"/docs/{name}", name=name)
        async def file() -> Response:
            return Response(contents[name], media_type=media_type, headers=_A_DAY)

    for name, media_type in _ASSETS.items():
        asset(name, media_type)
    return router
