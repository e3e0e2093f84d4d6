"""The doors of each noun, with what stands behind them."""

from datetime import UTC, datetime

import httpx
from fastapi import APIRouter

from fansipan_common.api_keys import ApiKeys
from fansipan_common.db import Database
from fansipan_common.webhooks import RootKeys
from fansipan_gateway.access.endpoints import operator_access, public_access, read_access
from fansipan_gateway.access.service import Access
from fansipan_gateway.access.whole_province import whole_province
from fansipan_gateway.administration.audit.endpoints import audit_router
from fansipan_gateway.administration.audit.repository import AuditEvents
from fansipan_gateway.administration.audit.service import Audit
from fansipan_gateway.administration.catalogue.endpoints import catalogue_router
from fansipan_gateway.administration.catalogue.repository import CatalogueRepository
from fansipan_gateway.administration.catalogue.service import CatalogueStatus
from fansipan_gateway.administration.devices.endpoints import devices_router
from fansipan_gateway.administration.devices.repository import DeviceMappings
from fansipan_gateway.administration.devices.service import Devices
from fansipan_gateway.administration.keys.endpoints import keys_router
from fansipan_gateway.administration.keys.repository import KeyRepository
from fansipan_gateway.administration.keys.service import Keys as ApiKeyAdministration
from fansipan_gateway.administration.members.endpoints import members_router
from fansipan_gateway.administration.members.repository import Members
from fansipan_gateway.administration.names.endpoints import administered_names_router
from fansipan_gateway.administration.names.repository import AdministeredNames
from fansipan_gateway.administration.names.service import NameAdministration
from fansipan_gateway.administration.operators.endpoints import operators_router
from fansipan_gateway.administration.operators.repository import OperatorAccounts
from fansipan_gateway.administration.operators.service import Operators
from fansipan_gateway.administration.providers.endpoints import providers_router
from fansipan_gateway.administration.providers.repository import ProviderRepository
from fansipan_gateway.administration.providers.service import Providers
from fansipan_gateway.alerts.endpoints import alerts_router
from fansipan_gateway.alerts.repository import AlertRepository
from fansipan_gateway.alerts.service import Alerts
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.datastreams.directory import DatastreamDirectory
from fansipan_gateway.dead_letters.endpoints import dead_letters_router
from fansipan_gateway.dead_letters.ingest import IngestDoor
from fansipan_gateway.dead_letters.repository import DeadLetterRepository
from fansipan_gateway.dead_letters.service import DeadLetters
from fansipan_gateway.exports.domain.about import Origin
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
from fansipan_gateway.indicators.repository.figures import FigureRepository
from fansipan_gateway.indicators.repository.history import HistoryRepository
from fansipan_gateway.indicators.repository.readings import ReadingRepository
from fansipan_gateway.indicators.repository.subjects import SubjectRepository
from fansipan_gateway.indicators.service.explain import Explanations
from fansipan_gateway.indicators.service.inputs import FigureInputs
from fansipan_gateway.indicators.service.newest import NewestFigures
from fansipan_gateway.indicators.service.series import FigureSeries
from fansipan_gateway.indicators.service.what_if import WhatIf
from fansipan_gateway.maintenance_windows.endpoints import maintenance_windows_router
from fansipan_gateway.maintenance_windows.repository import WindowRepository
from fansipan_gateway.maintenance_windows.service import MaintenanceWindows
from fansipan_gateway.names.domain import AGENCIES, PROCEDURES
from fansipan_gateway.names.endpoints import names_router
from fansipan_gateway.names.repository import NameRepository
from fansipan_gateway.names.service import Names
from fansipan_gateway.open_data.domain.catalogue import Publisher
from fansipan_gateway.open_data.endpoints import open_data_router
from fansipan_gateway.open_data.repository import OpenDataRepository
from fansipan_gateway.open_data.service import OpenData
from fansipan_gateway.periods.endpoints import periods_router
from fansipan_gateway.periods.repository import PeriodRepository
from fansipan_gateway.periods.service import Periods
from fansipan_gateway.read_only.endpoints import read_only_router
from fansipan_gateway.read_only.service import ReadOnlyMode
from fansipan_gateway.self_service.keys.endpoints import managed_keys_router
from fansipan_gateway.self_service.keys.repository import ManagedKeys
from fansipan_gateway.self_service.manager import Managers
from fansipan_gateway.self_service.overview.endpoints import overview_router
from fansipan_gateway.self_service.overview.repository import Holdings
from fansipan_gateway.self_service.sandbox.endpoints import sandbox_router
from fansipan_gateway.self_service.sandbox.ingest import SandboxDoor
from fansipan_gateway.self_service.usage.endpoints import usage_router
from fansipan_gateway.self_service.usage.repository import Usage
from fansipan_gateway.self_service.webhooks.endpoints import (
    owned_by_administration,
    owned_by_provider,
    webhooks_router,
)
from fansipan_gateway.self_service.webhooks.repository import WebhookRepository
from fansipan_gateway.self_service.webhooks.service import Webhooks
from fansipan_gateway.sensor_things.aggregates.endpoints import aggregates_router
from fansipan_gateway.sensor_things.aggregates.service import Aggregates
from fansipan_gateway.sensor_things.batch.endpoints import batch_router
from fansipan_gateway.sensor_things.batch.groups import AtomicGroups
from fansipan_gateway.sensor_things.batch.service import Batches
from fansipan_gateway.sensor_things.endpoints import sensor_things_router
from fansipan_gateway.sensor_things.repository import Connections, Joining, SensorThingsRepository
from fansipan_gateway.sensor_things.service import SensorThings
from fansipan_gateway.sensor_things.writing.endpoints import WritingDoor
from fansipan_gateway.sensor_things.writing.inline_observations import InlineObservations
from fansipan_gateway.sensor_things.writing.observations.door import ObservationDoor
from fansipan_gateway.sensor_things.writing.observations.ingest import ObservationIngest
from fansipan_gateway.sensor_things.writing.observations.making import Maker
from fansipan_gateway.sensor_things.writing.observations.repository import ObservationTargets
from fansipan_gateway.sensor_things.writing.observations.service import Observations
from fansipan_gateway.sensor_things.writing.ownership import WriteAccess
from fansipan_gateway.sensor_things.writing.repository import WritingRepository
from fansipan_gateway.sensor_things.writing.service import EntityWriter
from fansipan_gateway.settings import GatewaySettings


def _now() -> datetime:
    return datetime.now(UTC)


def indicator_doors(
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


def names_door(database: Database, authentication: Access) -> APIRouter:
    """What agencies and procedures are called."""
    agencies, procedures = (
        Names(NameRepository(database, register), register) for register in (AGENCIES, PROCEDURES)
    )
    return names_router(agencies, procedures, read_access(authentication))


def operations_doors(database: Database, audit: AuditTrail, authentication: Access) -> list[APIRouter]:
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


def administration_doors(
    database: Database, trail: AuditTrail, authentication: Access, mode: ReadOnlyMode
) -> list[APIRouter]:
    """What admins do: providers, keys, operators, read-only mode; what they look at: the audit trail, the catalogue."""
    admins = whole_province(operator_access(authentication, "admin"))
    agencies, procedures = (
        NameAdministration(AdministeredNames(database, trail, register), register)
        for register in (AGENCIES, PROCEDURES)
    )
    return [
        providers_router(Providers(ProviderRepository(database, trail)), admins),
        keys_router(ApiKeyAdministration(KeyRepository(database, trail), _now), admins),
        members_router(Members(database, trail), admins),
        operators_router(Operators(OperatorAccounts(database, trail), _now), admins),
        administered_names_router(agencies, procedures, admins),
        devices_router(Devices(DeviceMappings(database, trail)), admins),
        audit_router(Audit(AuditEvents(database)), admins),
        catalogue_router(CatalogueStatus(CatalogueRepository(database), _now), admins),
        read_only_router(mode, admins),
    ]


def self_service_doors(
    settings: GatewaySettings,
    database: Database,
    trail: AuditTrail,
    http: httpx.AsyncClient,
    authentication: Access,
) -> list[APIRouter]:
    """What providers do themselves: their keys, what they sent, trying without sending; webhooks, also of admins."""
    managers = Managers(authentication, database)
    admins = whole_province(operator_access(authentication, "admin"))
    webhooks = Webhooks(
        WebhookRepository(database, trail),
        RootKeys.of(settings.webhook_root_key),
        allow_http=settings.webhook_allow_http,
        now=_now,
    )
    secret = None if settings.internal_secret is None else settings.internal_secret.get_secret_value()
    return [
        overview_router(Holdings(database), managers),
        managed_keys_router(ManagedKeys(database, trail), managers, _now),
        usage_router(Usage(database), managers, _now),
        sandbox_router(SandboxDoor(http, settings.ingest_url, secret, _now), managers),
        webhooks_router(
            webhooks,
            owned_by_provider(managers),
            base="/v1/provider/{provider}/webhooks",
            tag="provider",
        ),
        webhooks_router(
            webhooks, owned_by_administration(admins), base="/v1/admin/webhooks", tag="administration"
        ),
    ]


def dead_letters_door(
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


def sensor_things_door(
    settings: GatewaySettings,
    database: Database,
    trail: AuditTrail,
    api_keys: ApiKeys,
    authentication: Access,
    http: httpx.AsyncClient,
) -> APIRouter:
    """The SensorThings API. Its statements are ended a little before the pool would give up waiting for them."""
    seconds = settings.statement_timeout_seconds * 0.9

    def things_of(connections: Connections) -> SensorThings:
        return SensorThings(SensorThingsRepository(connections, seconds), _now)

    secret = None if settings.internal_secret is None else settings.internal_secret.get_secret_value()
    access, public_url = read_access(authentication), settings.public_url
    connections = Joining(database)
    repository, things = SensorThingsRepository(connections, seconds), things_of(connections)
    targets = ObservationTargets(database)
    ingest = ObservationIngest(http, settings.ingest_url, secret, _now)
    observations = Observations(targets, ingest, _now, lambda: database.in_transaction)
    writing = WritingRepository(database, trail)
    writer = EntityWriter(writing, InlineObservations(observations), things_of)
    maker = Maker(repository, writing, targets)
    writes = WritingDoor(writer, ObservationDoor(observations, maker, things))
    write_access = WriteAccess(api_keys, anonymous_read=settings.anonymous_read)
    router = APIRouter()
    for door in (
        batch_router(
            Batches(AtomicGroups(database, at_once=max(1, settings.database_connections // 3))),
            access,
            public_url,
        ),
        aggregates_router(Aggregates(things, repository, _now), access, public_url),
        sensor_things_router(things, access, writes, write_access, public_url, settings.mqtt_public_url),
    ):
        router.include_router(door)
    return router


def exports_door(
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
