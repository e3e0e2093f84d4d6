"""Answers requests of itself, with the telemetry of our services: to be read where OTEL_EXPORTER_OTLP_ENDPOINT says.

python -m tests.support.opentelemetry_collector.send '{"/failed": 10, "/slow": 10, "/quick": 1000, "/wrong": 10}'
"""

import asyncio
import json
import os
import sys

import httpx
from fastapi import FastAPI, Response
from opentelemetry import trace

from fansipan_common.telemetry import app_telemetry, configure_telemetry, metrics_of

_AT_ONCE = 50


def answering() -> FastAPI:
    """A service with an endpoint for each way that a request may go; each has a span of its own below the request's."""
    app = FastAPI(telemetry=app_telemetry())
    tracer = trace.get_tracer(__name__)
    accepted = metrics_of(__name__).accepted

    async def answer(status: int, seconds: float = 0.0) -> Response:
        with tracer.start_as_current_span("work"):
            accepted.add(1)
            await asyncio.sleep(seconds)
        return Response(status_code=status)

    @app.get("/quick")
    async def quick() -> Response:  # pyright: ignore[reportUnusedFunction]
        return await answer(200)

    @app.get("/slow")
    async def slow() -> Response:  # pyright: ignore[reportUnusedFunction]
        return await answer(200, 1.1)

    @app.get("/wrong")
    async def wrong() -> Response:  # pyright: ignore[reportUnusedFunction]
        return await answer(404)

    @app.get("/failed")
    async def failed() -> Response:  # pyright: ignore[reportUnusedFunction]
        return await answer(503)

    return app


async def send(requests: dict[str, int]) -> None:
    """Send so many requests to each endpoint."""
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def ask(path: str) -> None:
        async with at_once:
            await http.get(path)

    transport = httpx.ASGITransport(app=answering())
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        await asyncio.gather(*(ask(path) for path, count in requests.items() for _ in range(count)))


if __name__ == "__main__":
    stop = configure_telemetry("sender", otlp_endpoint=os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"])
    asyncio.run(send(json.loads(sys.argv[1])))
    stop()
