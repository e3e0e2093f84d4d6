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
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from fansipan_common.api_keys import ApiKeys
from fansipan_common.contracts.live import LiveTopic
from fansipan_common.db import Database, Listener
from fansipan_common.health import health_router
from fansipan_common.problems import install_problem_handlers
from fansipan_common.redis import Speedup
from fansipan_common.settings import SettingsError
from fansipan_common.tasks import BackgroundTasks
from fansipan_common.telemetry import app_telemetry
from fansipan_gateway.access.endpoints import operator_access, public_access, read_access
from fansipan_gateway.access.identification import identify_anew
from fansipan_gateway.access.operators import OperatorLogins
from fansipan_gateway.access.repository import GuessRepository, OperatorRepository
from fansipan_gateway.access.service import Access
from fansipan_gateway.access.whole_province import whole_province
from fansipan_gateway.administration.audit.endpoints import audit_router
from fansipan_gateway.administration.audit.repository import AuditEvents
from fansipan_gateway.administration.audit.service import Audit
from fansipan_gateway.administration.catalogue.endpoints import catalogue_router
from fansipan_gateway.administration.catalogue.repository import CatalogueRepository
from fansipan_gateway.administration.catalogue.service import CatalogueStatus
from fansipan_gateway.administration.keys.endpoints import keys_router
from fansipan_gateway.administration.keys.repository import KeyRepository
from fansipan_gateway.administration.keys.service import Keys as ApiKeyAdministration
from fansipan_gateway.administration.operators.endpoints import operators_router
from fansipan_gateway.administration.operators.repository import OperatorAccounts
from fansipan_gateway.administration.operators.service import Operators
from fansipan_gateway.administration.providers.endpoints import providers_router
from fansipan_gateway.administration.providers.repository import ProviderRepository
from fansipan_gateway.administration.providers.service import Providers
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
from fansipan_gateway.caching.domain import Noun
from fansipan_gateway.caching.middleware import CachedReads, CachePolicy
from fansipan_gateway.caching.store import OwnAnswers, SharedAnswers
from fansipan_gateway.caching.versions import DataVersions
from fansipan_gateway.data_health.endpoints import data_health_router
from fansipan_gateway.data_health.repository import HealthRepository
from fansipan_gateway.data_health.service import DataHealth
from fansipan_gateway.datastreams.directory import DatastreamDirectory
from fansipan_gateway.datastreams.endpoints import datastreams_router
from fansipan_gateway.datastreams.repository import DatastreamRepository
from fansipan_gateway.datastreams.service import Datastreams
from fansipan_gateway.dead_letters.endpoints import dead_letters_router
from fansipan_gateway.dead_letters.ingest import IngestDoor
from fansipan_gateway.dead_letters.repository import DeadLetterRepository
from fansipan_gateway.dead_letters.service import DeadLetters
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
from fansipan_gateway.limits.domain import Rates
from fansipan_gateway.limits.middleware import RateLimits
from fansipan_gateway.limits.service import Limiter
from fansipan_gateway.live.endpoints import live_router
from fansipan_gateway.live.public import PublicKnowledge
from fansipan_gateway.live.repository import RingRepository
from fansipan_gateway.live.seats import Seats
from fansipan_gateway.live.service import LiveHub
from fansipan_gateway.live.termination import before_termination
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
_LARGEST_SHARED: Final = 256 << 10
_COMPRESSION: Final = 1  # most of the saving at a third of the time
_INGEST_SECONDS: Final = 20.0  # longer than ingest waits for the store
_PROVIDER_SECONDS: Final = 5.0
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
    http = httpx.AsyncClient(timeout=_INGEST_SECONDS)
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
    versions = DataVersions()
    public = PublicKnowledge(catalogue, AlertRepository(database, audit))
    speed = _Speed(settings, public, versions)
    # A long download takes no connection from short reads.
    downloads = Database(
        url,
        application="fansipan-gateway-exports",
        max_size=settings.export_concurrency + 1,
        command_timeout=settings.statement_timeout_seconds,
        stateless=True,
    )
    provider_http = httpx.AsyncClient(timeout=_PROVIDER_SECONDS)

    async def forget() -> None:
        for cache in (api_keys, operators, directory, areas):
            cache.invalidate()
        versions.advance(Noun.REGISTRY)

    async def forget_definitions() -> None:
        catalogue.invalidate()
        public.invalidate()
        versions.advance(Noun.CATALOGUE)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None, None]:
        tasks.start("registry-listener", Listener(url, "registry_changed", forget).run())
        tasks.start("catalogue-listener", Listener(url, "catalogue_changed", forget_definitions).run())
        tasks.start("live", speed.hub.run())
        try:
            with before_termination(speed.hub.close):
                yield
        finally:
            speed.hub.close()
            await tasks.stop()
            await http.aclose()
            await provider_http.aclose()
            await speed.close()
            await downloads.close()
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
        *_operations_doors(database, audit, authentication),
        *_administration_doors(database, audit, authentication),
        data_health_router(DataHealth(HealthRepository(database), _now), access),
        _dead_letters_door(settings, database, audit, http, authentication),
        *_session_doors(
            settings,
            _SignInParts(database, audit, guesses, operators, keys, sessions, authentication, provider_http),
        ),
    ):
        app.include_router(router)
    app.include_router(
        live_router(
            speed.hub,
            Seats(settings.live_clients, settings.live_clients_each),
            access,
            lambda request: identify_anew(authentication, request.scope),
            catalogue,
            directory,
        )
    )
    app.include_router(docs_router())
    app.mount("/", WebPage(settings.web_dist), name="page")
    _add_middleware(app, settings, authentication, speed)
    return app


def _add_middleware(app: FastAPI, settings: GatewaySettings, authentication: Access, speed: "_Speed") -> None:
    """What stands in front of the doors; a request passes the last one first."""
    app.add_middleware(
        GZipMiddleware,
        minimum_size=1024,
        compresslevel=_COMPRESSION,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, *PACKED),
    )
    app.add_middleware(
        CachedReads,
        access=authentication,
        versions=speed.versions,
        own=OwnAnswers(settings.cache_mebibytes << 20),
        shared=speed.answers,
        policy=CachePolicy(0.0 if speed.answers is None else settings.cache_seconds, settings.stale_seconds),
    )
    app.add_middleware(
        RateLimits,
        access=authentication,
        limiter=speed.limiter,
        rates=Rates(
            settings.anonymous_requests_per_minute,
            settings.key_requests_per_minute,
            settings.operator_requests_per_minute,
        ),
    )
    app.add_middleware(SessionCookies)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(TrustedProxies, networks=settings.trusted_proxies)


class _Speed:
    """What rests on Redis: live events, shared answers, counts of requests. All go on, or say so, without it."""

    def __init__(self, settings: GatewaySettings, public: PublicKnowledge, versions: DataVersions) -> None:
        url = None if settings.redis_url is None else settings.redis_url.get_secret_value()
        prefix = settings.redis_prefix
        changes = {
            LiveTopic.VALUES: (Noun.VALUES,),
            LiveTopic.OBSERVATIONS: (Noun.OBSERVATIONS,),
            LiveTopic.RESET: tuple(Noun),
        }

        def changed(topic: LiveTopic) -> None:
            if topic in changes:
                versions.advance(*changes[topic])

        self.versions = versions
        self._redis = Speedup(url)
        self._ring = None if url is None else RingRepository(url, prefix)
        self.hub = LiveHub(self._ring, public, changed)
        self.limiter = Limiter(url, prefix)
        self.answers = (
            None
            if url is None
            else SharedAnswers(
                self._redis, f"{prefix}answer:", max_age=settings.cache_seconds, largest=_LARGEST_SHARED
            )
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._ring is not None:
            await self._ring.close()
        await self.limiter.close()
        await self._redis.close()


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


def _administration_doors(database: Database, trail: AuditTrail, authentication: Access) -> list[APIRouter]:
    """What admins do: providers, keys and operators; what they look at: the audit trail and the catalogue."""
    admins = whole_province(operator_access(authentication, "admin"))
    return [
        providers_router(Providers(ProviderRepository(database, trail)), admins),
        keys_router(ApiKeyAdministration(KeyRepository(database, trail), _now), admins),
        operators_router(Operators(OperatorAccounts(database, trail), _now), admins),
        audit_router(Audit(AuditEvents(database)), admins),
        catalogue_router(CatalogueStatus(CatalogueRepository(database), _now), admins),
    ]


def _dead_letters_door(
    settings: GatewaySettings,
    database: Database,
    trail: AuditTrail,
    http: httpx.AsyncClient,
    authentication: Access,
) -> APIRouter:
    """What could not be used, and the way back to ingest."""
    secret = None if settings.internal_secret is None else settings.internal_secret.get_secret_value()
    letters = DeadLetters(
        DeadLetterRepository(database, trail), IngestDoor(http, settings.ingest_url, secret, _now)
    )
    return dead_letters_router(letters, whole_province(operator_access(authentication, "operator", "admin")))


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
