"""The operators' page: static files, built by `npm run build` in `services/gateway/web`."""

from os import PathLike, stat_result
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_VIEWS: Final = frozenset(
    {
        "indicators",
        "services",
        "environment",
        "things",
        "alerts",
        "integration",
        "admin",
        "open",
        "embed",
        "wall",
        "account",
    }
)
_HASHED: Final = "public, max-age=31536000, immutable"
_NOT_BUILT: Final = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Fansipan</title></head>
<body>
<h1>Fansipan</h1>
<p>The operators' page is not built yet. Build it, then load this page again:</p>
<pre>cd services/gateway/web &amp;&amp; npm ci &amp;&amp; npm run build</pre>
<p>A page that was built elsewhere is found through the setting <code>FANSIPAN_WEB_DIST</code>.
The API works without it: <a href="docs">documentation</a>.</p>
</body>
</html>
"""


class WebPage(StaticFiles):
    """Serves the built page at `/`, with the files whose names hold a hash cached for good and the rest revalidated.

    The addresses of its views (`/indicators/d766-2.1`) are the page itself, which finds out what they mean.
    Until the page is built, `/` says how to build it (503).
    """

    def __init__(self, dist: Path) -> None:
        super().__init__(directory=dist, html=True, check_dir=False)
        self._index = dist / "index.html"

    async def check_config(self) -> None:
        """Nothing to check: the page may be built later."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at `path`, or how to build the page when that is what is missing."""
        view = path.partition("/")[0] in _VIEWS
        if (view or path in (".", "index.html")) and not self._index.is_file():
            return HTMLResponse(_NOT_BUILT, status_code=503, headers={"Cache-Control": "no-store"})
        return await super().get_response("index.html" if view else path, scope)

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """A file, or 304, with the caching its name allows; packed, when the build has packed it and the client can
        unpack it."""
        packed = Path(f"{full_path}.gz")
        is_packed = "gzip" in Headers(scope=scope).get("accept-encoding", "") and packed.is_file()
        if is_packed:
            response = super().file_response(packed, packed.stat(), scope, status_code)
            response.headers["Content-Encoding"] = "gzip"
            response.headers["Vary"] = "Accept-Encoding"  # else what packs the others says so
        else:
            response = super().file_response(full_path, stat_result, scope, status_code)
        hashed = Path(full_path).parent.name == "assets"
        response.headers["Cache-Control"] = _HASHED if hashed else "no-cache"
        return response
