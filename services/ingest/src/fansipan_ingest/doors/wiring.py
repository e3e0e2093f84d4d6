"""All doors of this folder, with what they need."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter

from fansipan_ingest.api.access import Authenticate
from fansipan_ingest.doors.acceptance import Acceptance
from fansipan_ingest.doors.influx.endpoints import influx_router
from fansipan_ingest.doors.senml.endpoints import senml_router
from fansipan_ingest.repository.progress import StoreProgress
from fansipan_ingest.service.observations import ObservationService
from fansipan_ingest.settings import IngestSettings


def door_routers(
    observations: ObservationService,
    progress: StoreProgress,
    authenticate: Authenticate,
    clock: Callable[[], datetime],
    settings: IngestSettings,
) -> list[APIRouter]:
    """The routers of the doors that speak formats of other systems."""
    acceptance = Acceptance(observations, progress, settings.stored_timeout_seconds)
    return [
        influx_router(acceptance, authenticate, clock, settings),
        senml_router(acceptance, authenticate, clock, settings),
    ]
