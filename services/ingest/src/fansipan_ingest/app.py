"""Composition of ingest: the only place that wires its parts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI

from fansipan_common.api_keys import ApiKeys
from fansipan_common.db import Database, Listener
from fansipan_common.health import health_router
from fansipan_common.kafka import Publisher
from fansipan_common.problems import install_problem_handlers
from fansipan_common.tasks import BackgroundTasks
from fansipan_common.telemetry import app_telemetry, metrics_of
from fansipan_ingest.api.access import InternalCallers, writer
from fansipan_ingest.api.observations import observations_router
from fansipan_ingest.api.service_events import service_events_router
from fansipan_ingest.domain.rules import TimeWindow, unix_ms
from fansipan_ingest.doors.wiring import door_routers
from fansipan_ingest.mqtt.door import mqtt_door
from fansipan_ingest.mqtt.endpoints import mqtt_access_router
from fansipan_ingest.publisher import IngestPublisher
from fansipan_ingest.repository.datastreams import DatastreamRepository
from fansipan_ingest.repository.keys import KeyRepository
from fansipan_ingest.repository.progress import StoreProgress
from fansipan_ingest.repository.providers import ProviderRepository
from fansipan_ingest.service.observations import ObservationService
from fansipan_ingest.service.service_events import ServiceEventService
from fansipan_ingest.settings import IngestSettings


def build(settings: IngestSettings) -> FastAPI:
    """The app of ingest, with its background tasks started and stopped by its lifespan."""
    url = settings.database_url.get_secret_value()
    metrics = metrics_of("fansipan_ingest")
    database = Database(url, application="fansipan-ingest", max_size=8, command_timeout=10.0)
    publisher = Publisher(
        settings.kafka_bootstrap_servers,
        client_id="fansipan-ingest",
        ack_timeout=settings.ack_timeout_seconds,
        metrics=metrics,
    )
    outbound = IngestPublisher(publisher, topic_prefix=settings.kafka_topic_prefix)
    keys = ApiKeys(database)
    datastreams = DatastreamRepository(database)
    progress = StoreProgress(database)
    tasks = BackgroundTasks()
    window = TimeWindow(unix_ms(settings.earliest_time), settings.max_clock_ahead_seconds * 1000)

    def clock() -> datetime:
        return datetime.now(UTC)

    async def registry_changed() -> None:
        keys.invalidate()
        datastreams.invalidate()
        if mqtt is not None:
            mqtt.registry_changed()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        tasks.start("publisher", publisher.run())
        tasks.start("progress", progress.run())
        tasks.start("registry-listener", Listener(url, "registry_changed", registry_changed).run())
        if mqtt is not None:
            mqtt.start(tasks)
        try:
            yield
        finally:
            if mqtt is not None:
                await mqtt.stop()
            await tasks.stop()
            await database.close()

    app = FastAPI(
        title="Fansipan ingest",
        version="1",
        summary="Push observations and service events",
        lifespan=lifespan,
        telemetry=app_telemetry(),
        docs_url=None,
        redoc_url=None,
    )
    install_problem_handlers(app)
    secret = None if settings.internal_secret is None else settings.internal_secret.get_secret_value()
    authenticate = writer(keys, InternalCallers(secret, ProviderRepository(database), clock))
    observations = ObservationService(
        datastreams, outbound, window=window, max_depth=settings.max_depth, clock=clock, metrics=metrics
    )
    service_events = ServiceEventService(outbound, window=window, clock=clock, metrics=metrics)
    app.include_router(observations_router(observations, progress, authenticate, settings))
    app.include_router(service_events_router(service_events, progress, authenticate, settings))
    for router in door_routers(
        observations, service_events, progress, authenticate, clock, metrics, settings
    ):
        app.include_router(router)
    providers = ProviderRepository(database)
    mqtt = mqtt_door(
        settings, observations, outbound, providers, datastreams, KeyRepository(database), metrics, clock
    )
    if mqtt is not None and mqtt.keeper is not None:
        app.include_router(mqtt_access_router(mqtt.keeper, authenticate))
    checks = {"kafka": publisher.check, "database": database.ping}
    app.include_router(health_router(tasks, checks, shown={} if mqtt is None else {"mqtt": mqtt.check}))
    return app
