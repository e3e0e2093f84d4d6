"""Composition of ingest: the only place that wires its parts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from fastapi import FastAPI

from fansipan_common.admission import Admission
from fansipan_common.api_keys import ApiKeys
from fansipan_common.connections import INGEST_POOL
from fansipan_common.db import Database
from fansipan_common.health import health_router
from fansipan_common.kafka import KafkaConnection, Publisher
from fansipan_common.listener import Listener
from fansipan_common.problems import install_problem_handlers
from fansipan_common.schema import require_schema
from fansipan_common.tasks import BackgroundTasks
from fansipan_common.telemetry import app_telemetry, metrics_of
from fansipan_ingest.api.access import InternalCallers, key_holder, writer
from fansipan_ingest.api.observation_deletions import observation_deletions_router
from fansipan_ingest.api.observations import observations_router
from fansipan_ingest.api.priorities import priority_of
from fansipan_ingest.api.service_events import service_events_router
from fansipan_ingest.domain.rules import TimeWindow, unix_ms
from fansipan_ingest.doors.wiring import door_routers
from fansipan_ingest.mqtt.door import mqtt_door
from fansipan_ingest.mqtt.endpoints import mqtt_access_router
from fansipan_ingest.mqtt.messages import messages_router
from fansipan_ingest.publisher import IngestPublisher
from fansipan_ingest.repository.datastreams import DatastreamRepository
from fansipan_ingest.repository.devices import DeviceRepository
from fansipan_ingest.repository.features import FeatureRepository
from fansipan_ingest.repository.keys import KeyRepository
from fansipan_ingest.repository.progress import StoreProgress
from fansipan_ingest.repository.providers import ProviderRepository
from fansipan_ingest.service.checks import ItemChecks
from fansipan_ingest.service.observation_deletions import ObservationDeletions
from fansipan_ingest.service.observations import ObservationService
from fansipan_ingest.service.sandbox import Sandbox
from fansipan_ingest.service.service_events import ServiceEventService
from fansipan_ingest.settings import IngestSettings
from fansipan_ingest.usage.meter import UsageMeter
from fansipan_ingest.usage.middleware import CountedRequests
from fansipan_ingest.usage.repository import UsageRepository


def build(settings: IngestSettings) -> FastAPI:
    """The app of ingest, with its background tasks started and stopped by its lifespan."""
    url = settings.database_url.get_secret_value()
    metrics = metrics_of("fansipan_ingest")
    database = Database(
        url, application="fansipan-ingest", max_size=INGEST_POOL, command_timeout=10.0, first=require_schema
    )
    publisher = Publisher(
        KafkaConnection.of(settings.kafka_bootstrap_servers, settings),
        client_id="fansipan-ingest",
        ack_timeout=settings.ack_timeout_seconds,
        metrics=metrics,
    )
    outbound = IngestPublisher(publisher, topic_prefix=settings.kafka_topic_prefix)
    keys = ApiKeys(database)
    datastreams = DatastreamRepository(database)
    devices = DeviceRepository(database)
    progress = StoreProgress(database)
    tasks = BackgroundTasks(metrics)
    checks = ItemChecks(
        TimeWindow(
            unix_ms(settings.earliest_time), settings.max_clock_ahead_seconds * 1000, settings.max_age_ms
        ),
        settings.max_depth,
    )

    def clock() -> datetime:
        return datetime.now(UTC)

    meter = UsageMeter(UsageRepository(database), clock=clock, metrics=metrics)

    async def registry_changed() -> None:
        keys.invalidate()
        datastreams.invalidate()
        devices.invalidate()
        if mqtt is not None:
            mqtt.registry_changed()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        for name, work in (
            ("publisher", publisher.run()),
            ("progress", progress.run()),
            ("usage", meter.run()),
            ("registry-listener", Listener(url, "registry_changed", registry_changed).run()),
        ):
            tasks.start(name, work)
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
    app.add_middleware(CountedRequests, meter=meter)
    app.add_middleware(
        Admission, most=settings.max_in_flight, priority_of=priority_of, scope_name="fansipan_ingest"
    )
    secret = None if settings.internal_secret is None else settings.internal_secret.get_secret_value()
    authenticate = writer(keys, InternalCallers(secret, ProviderRepository(database), clock), meter)
    features = FeatureRepository(database)
    observations = ObservationService(
        datastreams,
        features,
        outbound,
        checks=checks,
        clock=clock,
        metrics=metrics,
        meter=meter,
    )
    service_events = ServiceEventService(
        outbound, window=replace(checks.window, age_ms=None), clock=clock, metrics=metrics, meter=meter
    )
    sandbox = Sandbox(datastreams, features, checks, clock)
    for router in (
        observations_router(observations, sandbox, progress, authenticate, settings),
        observation_deletions_router(
            ObservationDeletions(datastreams, outbound, clock=clock, metrics=metrics),
            progress,
            authenticate,
            settings,
        ),
        service_events_router(service_events, sandbox, progress, authenticate, settings),
        messages_router(observations, progress, authenticate, clock, settings),
        *door_routers(
            observations, service_events, sandbox, progress, authenticate, devices, clock, metrics, settings
        ),
    ):
        app.include_router(router)
    mqtt = mqtt_door(
        settings,
        observations,
        outbound,
        ProviderRepository(database),
        datastreams,
        KeyRepository(database),
        metrics,
        clock,
        meter,
    )
    if mqtt is not None and mqtt.keeper is not None:
        app.include_router(mqtt_access_router(mqtt.keeper, key_holder(keys)))
    app.include_router(
        health_router(
            tasks,
            {"kafka": publisher.check, "database": database.ping},
            shown={"schema": database.check_schema, **({} if mqtt is None else {"mqtt": mqtt.check})},
        )
    )
    return app
