"""`/healthz` (the process), `/readyz` (dependencies and every background task) and `/metrics` (Prometheus)."""

import asyncio
from collections.abc import Mapping

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

from fansipan_common.tasks import BackgroundTasks, Check


def not_ready_any_more(app: FastAPI) -> None:
    """Let `/readyz` say that the process is about to stop, so that who asks it sends nothing new."""
    app.state.stopping = True


def health_router(
    tasks: BackgroundTasks, checks: Mapping[str, Check], shown: Mapping[str, Check] | None = None
) -> APIRouter:
    """Routes that Kubernetes and Prometheus ask.

    `/readyz` answers 200 only when every check passes within two seconds and no background task has died, else 503
    with the reason of each. What the checks in `shown` find is told, but decides nothing: without it the service does
    less, not nothing.
    """
    router = APIRouter(tags=["health"], include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz(request: Request) -> Response:
        results = await asyncio.gather(*(_run(check) for check in checks.values()))
        parts = dict(zip(checks, results, strict=True))
        parts |= {f"task:{name}": tasks.dead.get(name, "ok") for name in tasks.names}
        if getattr(request.app.state, "stopping", False):
            parts["process"] = "is stopping"
        ready = all(state == "ok" for state in parts.values())
        if shown:
            found = await asyncio.gather(*(_run(check) for check in shown.values()))
            parts |= dict(zip(shown, found, strict=True))
        return JSONResponse(
            {"status": "ready" if ready else "not ready", "parts": parts}, status_code=200 if ready else 503
        )

    @router.get("/metrics")
    async def metrics(request: Request) -> Response:
        # Exemplars have a place in OpenMetrics only, which Prometheus asks for by Accept.
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(REGISTRY), headers={"content-type": media_type})

    return router


async def _run(check: Check) -> str:
    try:
        async with asyncio.timeout(2.0):
            await check()
    except TimeoutError:
        return "no answer within 2 s"
    except Exception as error:  # noqa: BLE001 - whatever is wrong is the answer
        return str(error) or type(error).__name__
    return "ok"
