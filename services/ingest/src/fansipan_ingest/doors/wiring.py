"""All doors of this folder, with what they need."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter

from fansipan_common.telemetry import Metrics
from fansipan_ingest.api.access import Authenticate
from fansipan_ingest.doors.acceptance import Acceptance
from fansipan_ingest.doors.cloud_events.endpoints import events_router
from fansipan_ingest.doors.fiware.endpoints import fiware_router
from fansipan_ingest.doors.influx.endpoints import influx_router
from fansipan_ingest.doors.known_devices import KnownDevices
from fansipan_ingest.doors.lorawan.endpoints import lorawan_router
from fansipan_ingest.doors.prometheus.endpoints import prometheus_router
from fansipan_ingest.doors.senml.endpoints import senml_router
from fansipan_ingest.repository.devices import DeviceRepository
from fansipan_ingest.repository.progress import StoreProgress
from fansipan_ingest.service.observations import ObservationService
from fansipan_ingest.service.sandbox import Sandbox
from fansipan_ingest.service.service_events import ServiceEventService
from fansipan_ingest.settings import IngestSettings


def door_routers(
    observations: ObservationService,
    service_events: ServiceEventService,
    sandbox: Sandbox,
    progress: StoreProgress,
    authenticate: Authenticate,
    mappings: DeviceRepository,
    clock: Callable[[], datetime],
    metrics: Metrics,
    settings: IngestSettings,
) -> list[APIRouter]:
    """The routers of the doors that speak formats of other systems."""
    devices = KnownDevices(mappings)
    acceptance = Acceptance(observations, sandbox, progress, settings.stored_timeout_seconds)
    return [
        influx_router(acceptance, authenticate, devices, clock, settings),
        senml_router(acceptance, authenticate, clock, settings),
        events_router(observations, service_events, sandbox, progress, authenticate, settings),
        lorawan_router(acceptance, authenticate, devices, metrics, settings),
        fiware_router(acceptance, authenticate, clock, settings),
        prometheus_router(acceptance, authenticate, devices, metrics, settings),
    ]
