"""Composition of analytics: the only place that wires its parts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from fansipan_analytics.consumer.dead_letters import DeadLetterOffice
from fansipan_analytics.consumer.loop import StoreConsumer
from fansipan_analytics.service.cascade import Cascade
from fansipan_analytics.service.store import Store
from fansipan_analytics.settings import AnalyticsSettings
from fansipan_common.db import Database
from fansipan_common.health import health_router
from fansipan_common.kafka import Publisher
from fansipan_common.problems import install_problem_handlers
from fansipan_common.tasks import BackgroundTasks
from fansipan_common.telemetry import app_telemetry, metrics_of


def build(settings: AnalyticsSettings) -> FastAPI:
    """The app of analytics: no public API, only health and metrics; the work is in its background tasks."""
    url = settings.database_url.get_secret_value()
    metrics = metrics_of("fansipan_analytics")
    database = Database(url, application="fansipan-analytics", max_size=5, command_timeout=120.0)
    publisher = Publisher(settings.kafka_bootstrap_servers, client_id="fansipan-analytics", metrics=metrics)
    consumer = StoreConsumer(
        database,
        Store(database, metrics=metrics),
        DeadLetterOffice(
            publisher,
            topic_prefix=settings.kafka_topic_prefix,
            max_per_minute=settings.max_poison_per_minute,
            metrics=metrics,
        ),
        bootstrap_servers=settings.kafka_bootstrap_servers,
        group=settings.kafka_group,
        topic_prefix=settings.kafka_topic_prefix,
        batch_rows=settings.batch_rows,
        release_timeout=settings.release_timeout_seconds,
        metrics=metrics,
    )
    cascade = Cascade(database, interval=settings.cascade_interval_seconds, metrics=metrics)
    tasks = BackgroundTasks()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        tasks.start("publisher", publisher.run())
        tasks.start("store", consumer.run())
        tasks.start("cascade", cascade.run())
        try:
            yield
        finally:
            await tasks.stop(timeout=settings.release_timeout_seconds + 5.0)
            await database.close()

    app = FastAPI(
        title="Fansipan analytics",
        lifespan=lifespan,
        telemetry=app_telemetry(),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    install_problem_handlers(app)
    app.include_router(
        health_router(
            tasks,
            {
                "kafka": publisher.check,
                "database": database.ping,
                "consumer": consumer.check,
                "cascade": cascade.check,
            },
        )
    )
    return app
