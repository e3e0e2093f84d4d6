"""The doors of each noun, with what stands behind them."""

from datetime import UTC, datetime

import httpx
from fastapi import APIRouter

from fansipan_common.db import Database
from fansipan_gateway.access.endpoints import operator_access, public_access, read_access
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
from fansipan_gateway.sensor_things.endpoints import sensor_things_router
from fansipan_gateway.sensor_things.repository import SensorThingsRepository
from fansipan_gateway.sensor_things.service import SensorThings
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


def administration_doors(database: Database, trail: AuditTrail, authentication: Access) -> list[APIRouter]:
    """What admins do: providers, keys and operators; what they look at: the audit trail and the catalogue."""
    admins = whole_province(operator_access(authentication, "admin"))
    agencies, procedures = (
        NameAdministration(AdministeredNames(database, trail, register), register)
        for register in (AGENCIES, PROCEDURES)
    )
    return [
        providers_router(Providers(ProviderRepository(database, trail)), admins),
        keys_router(ApiKeyAdministration(KeyRepository(database, trail), _now), admins),
        operators_router(Operators(OperatorAccounts(database, trail), _now), admins),
        administered_names_router(agencies, procedures, admins),
        audit_router(Audit(AuditEvents(database)), admins),
        catalogue_router(CatalogueStatus(CatalogueRepository(database), _now), admins),
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


def sensor_things_door(settings: GatewaySettings, database: Database, authentication: Access) -> APIRouter:
    """The SensorThings API. Its statements are ended a little before the pool would give up waiting for them."""
    seconds = settings.statement_timeout_seconds * 0.9
    things = SensorThings(SensorThingsRepository(database, seconds), _now)
    return sensor_things_router(things, read_access(authentication), settings.public_url)


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
