"""Files that providers upload: the doors, and the lanes that work on them."""

import os
import secrets
import socket
from datetime import timedelta
from typing import Final

from fastapi import APIRouter

from fansipan_common.connections import IMPORTS_POOL
from fansipan_common.db import Database
from fansipan_common.schema import require_schema
from fansipan_common.tasks import BackgroundTasks
from fansipan_common.telemetry import Metrics
from fansipan_gateway.access.service import Access
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.imports.domain import ImportLimits, State
from fansipan_gateway.imports.endpoints import imports_router
from fansipan_gateway.imports.repository import ImportRepository
from fansipan_gateway.imports.running.lane import Lane
from fansipan_gateway.imports.running.repository import WorkRepository
from fansipan_gateway.imports.running.run import RunOptions
from fansipan_gateway.imports.service import Imports
from fansipan_gateway.self_service.manager import Managers
from fansipan_gateway.settings import GatewaySettings

_ERROR_BYTES: Final = 64 << 20
_STATEMENT_SECONDS: Final = 30.0


class Importing:
    """Lanes with connections of their own: pieces of files take none from who reads.

    Without the address of ingest and the secret there are none, and no upload begins.
    """

    def __init__(self, settings: GatewaySettings, metrics: Metrics) -> None:
        self._settings = settings
        self._database = Database(
            settings.database_url.get_secret_value(),
            application="fansipan-gateway-imports",
            max_size=IMPORTS_POOL,
            command_timeout=_STATEMENT_SECONDS,
            stateless=True,
            first=require_schema,
        )
        self._lanes: dict[str, Lane] = {}
        if settings.ingest_url is None or settings.internal_secret is None:
            return
        options = RunOptions(
            settings.import_folder,
            _ERROR_BYTES,
            settings.ingest_url,
            settings.internal_secret.get_secret_value(),
        )
        worker = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        lease = timedelta(seconds=settings.import_lease_seconds)
        expiry = timedelta(hours=settings.import_expiry_hours)
        for name, states in (
            ("imports-looking", (State.LOOKING, State.CHECKING)),
            ("imports-sending", (State.IMPORTING,)),
        ):
            work = WorkRepository(self._database, f"{worker}/{name}", lease)
            self._lanes[name] = Lane(name, states, work, options, expiry, metrics)

    def start(self, tasks: BackgroundTasks) -> None:
        """Begin to work."""
        for name, lane in self._lanes.items():
            tasks.start(name, lane.run())

    def wake(self) -> None:
        """There is something to do."""
        for lane in self._lanes.values():
            lane.wake()

    def door(self, database: Database, trail: AuditTrail, authentication: Access) -> APIRouter:
        """Where files are uploaded."""
        settings = self._settings
        limits = ImportLimits(
            settings.import_mebibytes << 20, settings.imports_unfinished, settings.import_expiry_hours
        )
        imports = Imports(
            ImportRepository(database, trail, limits), limits, self.wake, set_up=bool(self._lanes)
        )
        return imports_router(imports, Managers(authentication, database))

    async def close(self) -> None:
        """Close the connections."""
        await self._database.close()
