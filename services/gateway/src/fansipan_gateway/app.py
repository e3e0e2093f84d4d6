"""The gateway as one FastAPI app: parts, doors, and what runs beside them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from fansipan_common.api_keys import ApiKeys
from fansipan_common.db import Database, Listener
from fansipan_common.health import health_router
from fansipan_common.problems import install_problem_handlers
from fansipan_common.tasks import BackgroundTasks
from fansipan_common.telemetry import app_telemetry
from fansipan_gateway.access.endpoints import operator_access, public_access, read_access
from fansipan_gateway.access.operators import OperatorLogins
from fansipan_gateway.access.repository import OperatorRepository
from fansipan_gateway.access.service import Access
from fansipan_gateway.alerts.endpoints import alerts_router
from fansipan_gateway.alerts.repository import AlertRepository
from fansipan_gateway.alerts.service import Alerts
from fansipan_gateway.api.docs import docs_router
from fansipan_gateway.api.openapi import GatewayApp
from fansipan_gateway.api.proxies import TrustedProxies
from fansipan_gateway.api.security_headers import SecurityHeaders
from fansipan_gateway.api.web import WebPage
from fansipan_gateway.areas.endpoints import areas_router
from fansipan_gateway.areas.repository import AreaRepository
from fansipan_gateway.areas.service import Areas
from fansipan_gateway.datastreams.directory import DatastreamDirectory
from fansipan_gateway.datastreams.endpoints import datastreams_router
from fansipan_gateway.datastreams.repository import DatastreamRepository
from fansipan_gateway.datastreams.service import Datastreams
from fansipan_gateway.exports.domain.about import Origin
from fansipan_gateway.exports.domain.formats import PACKED
from fansipan_gateway.exports.endpoints import exports_router
from fansipan_gateway.exports.repository import ExportRepository
from fansipan_gateway.exports.service.figures import FigureExports
from fansipan_gateway.exports.service.series import SeriesExports
from fansipan_gateway.exports.service.streaming import Exporter, ExportSlots
from fansipan_gateway.indicators.catalogue import IndicatorCatalogue
from fansipan_gateway.indicators.endpoints.definitions import definitions_router
from fansipan_gateway.indicators.endpoints.explain import explain_router
from fansipan_gateway.indicators.endpoints.figures import figures_router
from fansipan_gateway.indicators.endpoints.what_if import what_if_router
from fansipan_gateway.indicators.repository.cases import CaseRepository
from fansipan_gateway.indicators.repository.definitions import DefinitionRepository
from fansipan_gateway.indicators.repository.figures import FigureRepository
from fansipan_gateway.indicators.repository.history import HistoryRepository
from fansipan_gateway.indicators.repository.readings import ReadingRepository
from fansipan_gateway.indicators.repository.subjects import SubjectRepository
from fansipan_gateway.indicators.service.explain import Explanations
from fansipan_gateway.indicators.service.inputs import FigureInputs
from fansipan_gateway.indicators.service.newest import NewestFigures
from fansipan_gateway.indicators.service.series import FigureSeries
from fansipan_gateway.indicators.service.what_if import WhatIf
from fansipan_gateway.latest.endpoints import latest_router
from fansipan_gateway.latest.repository import LatestRepository
from fansipan_gateway.latest.service import Latest
from fansipan_gateway.maintenance_windows.endpoints import maintenance_windows_router
from fansipan_gateway.maintenance_windows.repository import WindowRepository
from fansipan_gateway.maintenance_windows.service import MaintenanceWindows
from fansipan_gateway.observations.endpoints import observations_router
from fansipan_gateway.observations.repository import ObservationRepository
from fansipan_gateway.observations.service import Observations
from fansipan_gateway.open_data.domain.catalogue import Publisher
from fansipan_gateway.open_data.endpoints import open_data_router
from fansipan_gateway.open_data.repository import OpenDataRepository
from fansipan_gateway.open_data.service import OpenData
from fansipan_gateway.periods.endpoints import periods_router
from fansipan_gateway.periods.repository import PeriodRepository
from fansipan_gateway.periods.service import Periods
from fansipan_gateway.service_events.endpoints import service_events_router
from fansipan_gateway.service_events.repository import ServiceEventRepository
from fansipan_gateway.service_events.service import ServiceEvents
from fansipan_gateway.settings import GatewaySettings
from fansipan_gateway.things.endpoints import things_router
from fansipan_gateway.things.repository import ThingRepository
from fansipan_gateway.things.service import Things

_DESCRIPTION: Final = """\
Reads what the province's sensors measured and what its public services did.

Times are RFC 3339; answers are in UTC with milliseconds. Lists come in pages: follow `next` until it is null.
Every answer has an `ETag`; send it back in `If-None-Match` to get 304 when nothing changed. Errors are RFC 9457
problems whose `code` is stable.
"""
_COMPRESSION: Final = 1  # most of the saving at a third of the time


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
    )
    tasks = BackgroundTasks()
    api_keys = ApiKeys(database)
    operators = OperatorLogins(OperatorRepository(database))
    datastream_repository = DatastreamRepository(database)
    directory = DatastreamDirectory(datastream_repository)
    areas = Areas(AreaRepository(database))
    catalogue = IndicatorCatalogue(DefinitionRepository(database))
    authentication = Access(api_keys, operators, anonymous_read=settings.anonymous_read)
    access = read_access(authentication)
    # A long download takes no connection from short reads.
    downloads = Database(
        url,
        application="fansipan-gateway-exports",
        max_size=settings.export_concurrency + 1,
        command_timeout=settings.statement_timeout_seconds,
        stateless=True,
    )

    async def forget() -> None:
        for cache in (api_keys, operators, directory, areas):
            cache.invalidate()

    async def forget_definitions() -> None:
        catalogue.invalidate()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None, None]:
        tasks.start("registry-listener", Listener(url, "registry_changed", forget).run())
        tasks.start("catalogue-listener", Listener(url, "catalogue_changed", forget_definitions).run())
        try:
            yield
        finally:
            await tasks.stop()
            await downloads.close()
            await database.close()

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
    app.include_router(health_router(tasks, {"database": database.ping}))
    app.include_router(_exports_door(settings, downloads, directory, catalogue, authentication))
    app.include_router(things_router(Things(ThingRepository(database)), access))
    app.include_router(datastreams_router(Datastreams(datastream_repository), access))
    app.include_router(
        observations_router(Observations(ObservationRepository(database), directory, _now), access)
    )
    app.include_router(latest_router(Latest(LatestRepository(database), directory), access))
    app.include_router(areas_router(areas, access))
    app.include_router(service_events_router(ServiceEvents(ServiceEventRepository(database), _now), access))
    for router in (
        *_indicator_doors(settings, database, catalogue, authentication),
        *_operations_doors(database, authentication),
    ):
        app.include_router(router)
    app.include_router(docs_router())
    app.mount("/", WebPage(settings.web_dist), name="page")
    app.add_middleware(
        GZipMiddleware,
        minimum_size=1024,
        compresslevel=_COMPRESSION,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, *PACKED),
    )
    app.add_middleware(SecurityHeaders)
    app.add_middleware(TrustedProxies, networks=settings.trusted_proxies)
    return app


def _indicator_doors(
    settings: GatewaySettings, database: Database, catalogue: IndicatorCatalogue, authentication: Access
) -> list[APIRouter]:
    """Figures, what explains them, and the definitions behind them."""
    access = read_access(authentication)
    acting = operator_access(authentication, "operator", "admin")
    figures, subjects = FigureRepository(database), SubjectRepository(database)
    history, cases = HistoryRepository(database), CaseRepository(database)
    series = FigureSeries(catalogue, figures, subjects, _now)
    newest = NewestFigures(catalogue, figures, subjects, series, _now)
    open_data = OpenData(
        OpenDataRepository(database),
        catalogue,
        newest,
        Publisher(
            settings.open_data_publisher,
            settings.open_data_publisher_url,
            settings.open_data_contact,
            settings.open_data_licence,
        ),
        settings.province,
        _now,
        open_api=settings.anonymous_read,
    )
    inputs = FigureInputs(catalogue, figures, subjects, ReadingRepository(database), cases, history, _now)
    return [
        figures_router(series, newest, access),
        explain_router(Explanations(catalogue, figures, history, series, inputs, _now), access),
        what_if_router(WhatIf(catalogue, figures, cases, series, _now), acting),
        definitions_router(catalogue, access, _now),
        open_data_router(open_data, settings.public_url),
    ]


def _operations_doors(database: Database, authentication: Access) -> list[APIRouter]:
    """What operators do: close periods, handle alerts."""
    access = read_access(authentication)
    watching = operator_access(authentication, "viewer", "operator", "admin")
    acting = operator_access(authentication, "operator", "admin")
    closing = operator_access(authentication, "admin")
    periods = Periods(PeriodRepository(database), _now)
    windows = MaintenanceWindows(WindowRepository(database), _now)
    return [
        periods_router(periods, access, operators=watching, admins=closing),
        alerts_router(Alerts(AlertRepository(database)), access, acting),
        maintenance_windows_router(windows, watching, acting),
    ]


def _exports_door(
    settings: GatewaySettings,
    database: Database,
    directory: DatastreamDirectory,
    catalogue: IndicatorCatalogue,
    authentication: Access,
) -> APIRouter:
    """Files of figures and of time series."""
    access = read_access(authentication)
    total = settings.export_concurrency
    exporter = Exporter(ExportSlots(total, anonymous=max(1, total // 2)), settings.export_seconds)
    origin = Origin(settings.open_data_publisher, settings.open_data_licence)
    repository, figures = ExportRepository(database), FigureRepository(database)
    subjects = SubjectRepository(database)
    most = settings.export_max_rows
    return exports_router(
        FigureExports(
            repository,
            figures,
            subjects,
            catalogue,
            FigureSeries(catalogue, figures, subjects, _now),
            exporter,
            origin,
            most,
            _now,
        ),
        SeriesExports(repository, directory, exporter, origin, most, _now),
        access=access,
        public_access=public_access(access),
    )
