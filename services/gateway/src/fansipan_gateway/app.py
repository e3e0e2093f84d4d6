"""The gateway as one FastAPI app: parts, doors, and what runs beside them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

import httpx
import structlog
from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from fansipan_common.api_keys import ApiKeys
from fansipan_common.db import Database, Listener
from fansipan_common.health import health_router
from fansipan_common.problems import install_problem_handlers
from fansipan_common.redis import Speedup
from fansipan_common.settings import SettingsError
from fansipan_common.tasks import BackgroundTasks
from fansipan_common.telemetry import app_telemetry
from fansipan_gateway.access.endpoints import operator_access, read_access
from fansipan_gateway.access.operators import OperatorLogins
from fansipan_gateway.access.repository import GuessRepository, OperatorRepository
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
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.datastreams.directory import DatastreamDirectory
from fansipan_gateway.datastreams.endpoints import datastreams_router
from fansipan_gateway.datastreams.repository import DatastreamRepository
from fansipan_gateway.datastreams.service import Datastreams
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
from fansipan_gateway.periods.endpoints import periods_router
from fansipan_gateway.periods.repository import PeriodRepository
from fansipan_gateway.periods.service import Periods
from fansipan_gateway.service_events.endpoints import service_events_router
from fansipan_gateway.service_events.repository import ServiceEventRepository
from fansipan_gateway.service_events.service import ServiceEvents
from fansipan_gateway.sessions.cookies import SessionCookies
from fansipan_gateway.sessions.keys import Keys, WeakSecret
from fansipan_gateway.sessions.repository import EndedSessions, SessionStore
from fansipan_gateway.sessions.service import Sessions
from fansipan_gateway.settings import GatewaySettings
from fansipan_gateway.sign_in.account import Account
from fansipan_gateway.sign_in.devices import Devices
from fansipan_gateway.sign_in.endpoints import SessionDoor, session_router
from fansipan_gateway.sign_in.open_id_connect.endpoints import CALLBACK_PATH, open_id_connect_router
from fansipan_gateway.sign_in.open_id_connect.provider import Client, Provider
from fansipan_gateway.sign_in.open_id_connect.repository import PersonRepository
from fansipan_gateway.sign_in.open_id_connect.service import OpenIdConnect, Rules
from fansipan_gateway.sign_in.repository import AccountRepository
from fansipan_gateway.sign_in.service import SignIn
from fansipan_gateway.sign_in.totp import SecondFactors
from fansipan_gateway.things.endpoints import things_router
from fansipan_gateway.things.repository import ThingRepository
from fansipan_gateway.things.service import Things

_DESCRIPTION: Final = """\
Reads what the province's sensors measured and what its public services did.

Times are RFC 3339; answers are in UTC with milliseconds. Lists come in pages: follow `next` until it is null.
Every answer has an `ETag`; send it back in `If-None-Match` to get 304 when nothing changed. Errors are RFC 9457
problems whose `code` is stable.
"""
_PROVIDER_SECONDS: Final = 5.0
_COMPRESSION: Final = 1  # most of the saving at a third of the time
_log = structlog.get_logger(__name__)


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
    redis = Speedup(None if settings.redis_url is None else settings.redis_url.get_secret_value())
    audit = AuditTrail()
    guesses = GuessRepository(database, audit)
    operators = OperatorLogins(OperatorRepository(database), guesses)
    keys = _session_keys(settings)
    sessions = Sessions(SessionStore(redis), EndedSessions(database), keys, settings.session_lifetimes, _now)
    datastream_repository = DatastreamRepository(database)
    directory = DatastreamDirectory(datastream_repository)
    areas = Areas(AreaRepository(database))
    catalogue = IndicatorCatalogue(DefinitionRepository(database))
    authentication = Access(api_keys, operators, sessions, anonymous_read=settings.anonymous_read)
    access = read_access(authentication)
    http = httpx.AsyncClient(timeout=_PROVIDER_SECONDS)

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
            await http.aclose()
            await redis.close()
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
    app.include_router(things_router(Things(ThingRepository(database)), access))
    app.include_router(datastreams_router(Datastreams(datastream_repository), access))
    app.include_router(
        observations_router(Observations(ObservationRepository(database), directory, _now), access)
    )
    app.include_router(latest_router(Latest(LatestRepository(database), directory), access))
    app.include_router(areas_router(areas, access))
    app.include_router(service_events_router(ServiceEvents(ServiceEventRepository(database), _now), access))
    for router in (
        *_indicator_doors(database, catalogue, authentication),
        *_operations_doors(database, audit, authentication),
        *_session_doors(
            settings,
            _SignInParts(database, audit, guesses, operators, keys, sessions, authentication, http),
        ),
    ):
        app.include_router(router)
    app.include_router(docs_router())
    app.mount("/", WebPage(settings.web_dist), name="page")
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=_COMPRESSION)
    app.add_middleware(SessionCookies)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(TrustedProxies, networks=settings.trusted_proxies)
    return app


def _indicator_doors(
    database: Database, catalogue: IndicatorCatalogue, authentication: Access
) -> list[APIRouter]:
    """Figures, what explains them, and the definitions behind them."""
    access = read_access(authentication)
    acting = operator_access(authentication, "operator", "admin")
    figures, subjects = FigureRepository(database), SubjectRepository(database)
    history, cases = HistoryRepository(database), CaseRepository(database)
    series = FigureSeries(catalogue, figures, subjects, _now)
    newest = NewestFigures(catalogue, figures, subjects, series, _now)
    inputs = FigureInputs(catalogue, figures, subjects, ReadingRepository(database), cases, history, _now)
    return [
        figures_router(series, newest, access),
        explain_router(Explanations(catalogue, figures, history, series, inputs, _now), access),
        what_if_router(WhatIf(catalogue, figures, cases, series, _now), acting),
        definitions_router(catalogue, access, _now),
    ]


def _operations_doors(database: Database, audit: AuditTrail, authentication: Access) -> list[APIRouter]:
    """What operators do: close periods, handle alerts."""
    access = read_access(authentication)
    watching = operator_access(authentication, "viewer", "operator", "admin")
    acting = operator_access(authentication, "operator", "admin")
    closing = operator_access(authentication, "admin")
    periods = Periods(PeriodRepository(database, audit), _now)
    windows = MaintenanceWindows(WindowRepository(database, audit), _now)
    return [
        periods_router(periods, access, operators=watching, admins=closing),
        alerts_router(Alerts(AlertRepository(database, audit)), access, acting),
        maintenance_windows_router(windows, watching, acting),
    ]


@dataclass(frozen=True, slots=True)
class _SignInParts:
    database: Database
    audit: AuditTrail
    guesses: GuessRepository
    operators: OperatorLogins
    keys: Keys
    sessions: Sessions
    access: Access
    http: httpx.AsyncClient


def _session_keys(settings: GatewaySettings) -> Keys:
    if settings.session_secret is None:
        _log.warning(
            "FANSIPAN_SESSION_SECRET is not set: sessions end with this process, other replicas do not know them, and"
            " no second factor can be set up"
        )
        return Keys.random()
    try:
        return Keys(settings.session_secret.get_secret_value())
    except WeakSecret as error:
        raise SettingsError(f"FANSIPAN_SESSION_SECRET is too short: {error}") from error


def _session_doors(settings: GatewaySettings, parts: _SignInParts) -> list[APIRouter]:
    """Signing in and out, and what operators change about that."""
    accounts = AccountRepository(parts.database, parts.guesses, parts.audit)
    second_factors = SecondFactors(parts.keys, _now)
    devices = Devices(parts.keys, _now)
    sign_in = SignIn(parts.operators, parts.guesses, accounts, second_factors, devices, parts.sessions)
    account = Account(parts.operators, parts.guesses, accounts, second_factors, parts.sessions)
    provider_name = None if settings.oidc_issuer is None else settings.oidc_name
    door = SessionDoor(parts.access, sign_in, parts.sessions, provider_name)
    doors = [session_router(door, parts.access, sign_in, account)]
    open_id_connect = _open_id_connect(settings, parts, sign_in)
    if open_id_connect is not None:
        doors.append(open_id_connect_router(open_id_connect, door))
    return doors


def _open_id_connect(settings: GatewaySettings, parts: _SignInParts, sign_in: SignIn) -> OpenIdConnect | None:
    issuer, client_id, secret = settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret
    if issuer is None or client_id is None or secret is None or settings.public_url is None:
        return None
    client = Client(
        issuer=issuer,
        client_id=client_id,
        client_secret=secret.get_secret_value(),
        scopes=settings.oidc_scopes,
        redirect_uri=settings.public_url.rstrip("/") + CALLBACK_PATH,
    )
    rules = Rules(issuer, settings.oidc_creates_accounts, settings.oidc_claim, settings.oidc_grants)
    people = PersonRepository(parts.database, parts.audit)
    return OpenIdConnect(Provider(client, parts.http, _now), people, sign_in, parts.keys, rules, _now)
