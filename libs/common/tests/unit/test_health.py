"""Readiness: every check and every background task; a task that died stays dead in sight."""

import asyncio

import httpx
from fastapi import FastAPI

from fansipan_common.health import health_router
from fansipan_common.tasks import BackgroundTasks, Check


async def get(app: FastAPI, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.get(path)


def app_with(tasks: BackgroundTasks, **checks: Check) -> FastAPI:
    app = FastAPI()
    app.include_router(health_router(tasks, checks))
    return app


async def well() -> None:
    return None


async def for_ever() -> None:
    await asyncio.Event().wait()


async def test_ready_when_all_is_well():
    tasks = BackgroundTasks()
    tasks.start("worker", for_ever())
    answer = await get(app_with(tasks, database=well), "/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "parts": {"database": "ok", "task:worker": "ok"}}
    await tasks.stop()


async def test_a_dead_task_turns_readiness_red_but_the_process_lives():
    async def breaks() -> None:
        raise ValueError("no such column")

    async def returns() -> None:
        return

    tasks = BackgroundTasks()
    tasks.start("breaks", breaks())
    tasks.start("returns", returns())
    tasks.start("cancelled", for_ever()).cancel()
    await asyncio.sleep(0.01)
    app = app_with(tasks)
    answer = await get(app, "/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {
        "task:breaks": "ValueError: no such column",
        "task:returns": "ended",
        "task:cancelled": "was cancelled",
    }
    assert (await get(app, "/healthz")).status_code == 200


async def test_a_failing_check_is_red_with_its_reason():
    async def away() -> None:
        raise OSError("connection refused")

    answer = await get(app_with(BackgroundTasks(), database=away, redis=well), "/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {"database": "connection refused", "redis": "ok"}


async def test_a_check_that_hangs_is_red_within_two_seconds():
    answer = await asyncio.wait_for(get(app_with(BackgroundTasks(), database=for_ever), "/readyz"), 4.0)
    assert answer.json()["parts"] == {"database": "no answer within 2 s"}


async def test_tasks_that_are_stopped_are_not_dead():
    tasks = BackgroundTasks()
    tasks.start("worker", for_ever())
    await tasks.stop()
    assert tasks.dead == {}


async def test_metrics_are_prometheus_text():
    answer = await get(app_with(BackgroundTasks()), "/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
