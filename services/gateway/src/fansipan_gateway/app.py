"""The gateway as one FastAPI app: parts, doors, and what runs beside them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

import httpx
from fastapi import FastAPI

from fansipan_common.api_keys import ApiKeys
from fansipan_common.db import Database
from fansipan_common.health import health_router
from fansipan_common.listener import Listener
from fansipan_common.problems import install_problem_handlers
from fansipan_common.redis import Speedup
from fansipan_common.schema import require_schema
from fansipan_common.tasks import BackgroundTasks
from fansipan_common.telemetry import app_telemetry, metrics_of
from fansipan_gateway.access.endpoints import read_access
from fansipan_gateway.access.identification import identify_anew
from fansipan_gateway.access.operators import OperatorLogins
from fansipan_gateway.access.repository import GuessRepository, OperatorRepository
from fansipan_gateway.access.service import Access
from fansipan_gateway.alerts.repository import AlertRepository
from fansipan_gateway.api.docs import docs_router
from fansipan_gateway.api.openapi import GatewayApp
from fansipan_gateway.api.web import WebPage
from fansipan_gateway.areas.endpoints import areas_router
from fansipan_gateway.areas.repository import AreaRepository
from fansipan_gateway.areas.service import Areas
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.caching.domain import Noun
from fansipan_gateway.caching.versions import DataVersions
from fansipan_gateway.data_health.endpoints import data_health_router
from fansipan_gateway.data_health.repository import HealthRepository
from fansipan_gateway.data_health.service import DataHealth
from fansipan_gateway.datastreams.directory import DatastreamDirectory
from fansipan_gateway.datastreams.endpoints import datastreams_router
from fansipan_gateway.datastreams.repository import DatastreamRepository
from fansipan_gateway.datastreams.service import Datastreams
from fansipan_gateway.indicators.catalogue import IndicatorCatalogue
from fansipan_gateway.indicators.repository.definitions import DefinitionRepository
from fansipan_gateway.latest.endpoints import latest_router
from fansipan_gateway.latest.repository import LatestRepository
from fansipan_gateway.latest.service import Latest
from fansipan_gateway.live.endpoints import live_router
from fansipan_gateway.live.public import PublicKnowledge
from fansipan_gateway.live.seats import Seats
from fansipan_gateway.live.termination import before_termination
from fansipan_gateway.observations.endpoints import observations_router
from fansipan_gateway.observations.repository import ObservationRepository
from fansipan_gateway.observations.service import Observations
from fansipan_gateway.read_only.repository import ReadOnlyRepository
from fansipan_gateway.read_only.service import ReadOnlyMode
from fansipan_gateway.service_events.endpoints import service_events_router
from fansipan_gateway.service_events.repository import ServiceEventRepository
from fansipan_gateway.service_events.service import ServiceEvents
from fansipan_gateway.sessions.endings import Endings
from fansipan_gateway.sessions.repository import EndedSessions, SessionStore
from fansipan_gateway.sessions.service import Sessions
from fansipan_gateway.settings import GatewaySettings
from fansipan_gateway.status.endpoints import status_router
from fansipan_gateway.things.endpoints import things_router
from fansipan_gateway.things.repository import ThingRepository
from fansipan_gateway.things.service import Things
from fansipan_gateway.wiring.broadcasting import broadcasting
from fansipan_gateway.wiring.doors import (
    administration_doors,
    dead_letters_door,
    exports_door,
    indicator_doors,
    names_door,
    operations_doors,
    self_service_doors,
    sensor_things_door,
)
from fansipan_gateway.wiring.forgetting import Forgetting
from fansipan_gateway.wiring.importing import Importing
from fansipan_gateway.wiring.signing_in import SignInParts, session_doors, session_keys
from fansipan_gateway.wiring.speed import Speed, add_middleware
from fansipan_gateway.wiring.watching import platform_watch

_DESCRIPTION: Final = """\
Reads what the province's sensors measured and what its public services did.

Times are RFC 3339; answers are in UTC with milliseconds. Lists come in pages: follow `next` until it is null.
Every answer has an `ETag`; send it back in `If-None-Match` to get 304 when nothing changed. Errors are RFC 9457
problems whose `code` is stable.
"""
_INGEST_SECONDS: Final = 20.0  # longer than ingest waits for the store
_PROVIDER_SECONDS: Final = 5.0


def _now() -> datetime:
    return datetime.now(UTC)


def build(settings: GatewaySettings) -> FastAPI:
    """Wire the service."""
    url = settings.database_url.get_secret_value()
    database = Database(
        url,
        application="fansipan-gateway",
        max_size=settings.database_connections,
        command_timeout=settings.statement_timeout_seconds,
        stateless=True,
        first=require_schema,
    )
    tasks = BackgroundTasks(metrics := metrics_of("fansipan_gateway"))
    api_keys = ApiKeys(database)
    redis = Speedup(None if settings.redis_url is None else settings.redis_url.get_secret_value())
    audit = AuditTrail()
    guesses = GuessRepository(database, audit)
    operators = OperatorLogins(OperatorRepository(database), guesses, stale_for=settings.stale_seconds)
    keys = session_keys(settings)
    endings = Endings(EndedSessions(database), stale_for=settings.stale_seconds)
    sessions = Sessions(SessionStore(redis), endings, keys, settings.session_lifetimes, _now)
    directory = DatastreamDirectory(DatastreamRepository(database))
    areas = Areas(AreaRepository(database))
    catalogue = IndicatorCatalogue(DefinitionRepository(database))
    authentication = Access(api_keys, operators, sessions, anonymous_read=settings.anonymous_read)
    access = read_access(authentication)
    versions = DataVersions()
    public = PublicKnowledge(catalogue, AlertRepository(database, audit))
    speed = Speed(settings, public, versions)
    # A long download takes no connection from short reads.
    downloads = Database(
        url,
        application="fansipan-gateway-exports",
        max_size=settings.export_concurrency + 1,
        command_timeout=settings.statement_timeout_seconds,
        stateless=True,
        first=require_schema,
    )
    ingest = httpx.AsyncClient(timeout=_INGEST_SECONDS)
    identities = httpx.AsyncClient(timeout=_PROVIDER_SECONDS)
    watch = platform_watch(settings, database, redis, ingest)
    mqtt = broadcasting(settings, public)
    mode = ReadOnlyMode(ReadOnlyRepository(database, audit), _now)
    importing = Importing(settings, metrics)

    registry = Forgetting(versions, Noun.REGISTRY, (api_keys, operators, directory, areas))
    definitions = Forgetting(versions, Noun.CATALOGUE, (catalogue, public))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None, None]:
        for name, work in (
            ("registry-listener", Listener(url, "registry_changed", registry.forget).run()),
            ("catalogue-listener", Listener(url, "catalogue_changed", definitions.forget).run()),
            ("live", speed.hub.run()),
            ("status", watch.run()),
            ("read-only", mode.run()),
        ):
            tasks.start(name, work)
        importing.start(tasks)
        if mqtt is not None:
            tasks.start("mqtt", mqtt.bridge.run())
        try:
            with before_termination(speed.hub.close):
                yield
        finally:
            speed.hub.close()
            await tasks.stop()
            for http in (ingest, identities):
                await http.aclose()
            parts = (speed, downloads, redis, importing, database, *(() if mqtt is None else (mqtt,)))
            await asyncio.gather(*(part.close() for part in parts))

    app = GatewayApp(
        title="Fansipan",
        summary="Open data of a province: measurements and public services",
        description=_DESCRIPTION,
        version=version("fansipan-gateway"),
        lifespan=lifespan,
        telemetry=app_telemetry(),
        docs_url=None,
        redoc_url=None,
        anonymous_read=settings.anonymous_read,
    )
    install_problem_handlers(app)
    for router in (
        health_router(
            tasks,
            {"database": database.ping},
            shown={"schema": database.check_schema} | ({} if mqtt is None else {"mqtt": mqtt.bridge.check}),
        ),
        status_router(watch, mode),
        exports_door(settings, downloads, directory, catalogue, authentication),
        things_router(Things(ThingRepository(database)), access),
        datastreams_router(Datastreams(DatastreamRepository(database)), access),
        observations_router(Observations(ObservationRepository(database), directory, _now), access),
        latest_router(Latest(LatestRepository(database), directory), access),
        areas_router(areas, access),
        service_events_router(ServiceEvents(ServiceEventRepository(database), _now), access),
        names_door(database, authentication),
        *indicator_doors(settings, database, catalogue, authentication),
        *operations_doors(database, audit, authentication),
        *administration_doors(database, audit, authentication, mode),
        data_health_router(DataHealth(HealthRepository(database), _now), access),
        dead_letters_door(settings, database, audit, ingest, authentication),
        *self_service_doors(settings, database, audit, ingest, authentication),
        importing.door(database, audit, authentication),
        *session_doors(
            settings,
            SignInParts(database, audit, guesses, operators, keys, sessions, authentication, identities),
        ),
        live_router(
            speed.hub,
            Seats(settings.live_clients, settings.live_clients_each),
            access,
            lambda request: identify_anew(authentication, request.scope),
            catalogue,
            directory,
        ),
        sensor_things_door(settings, database, audit, api_keys, authentication, ingest),
        docs_router(),
    ):
        app.include_router(router)
    app.mount("/", WebPage(settings.web_dist), name="page")
    add_middleware(app, settings, authentication, speed, mode, metrics)
    return app
