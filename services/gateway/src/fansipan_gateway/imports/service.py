"""Uploading files, and saying what becomes of them; workers do it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final, cast

import zstandard

from fansipan_bulk.mapping import FileOptions, Mapping
from fansipan_common.errors import Forbidden
from fansipan_common.security import Scope
from fansipan_gateway.domain.cursor import LARGEST_ID, decode_id_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page, page_of
from fansipan_gateway.imports.domain import (
    FileTooLarge,
    ImportLimits,
    ImportsNotSetUp,
    NoMapping,
    State,
    WrongProvider,
    WrongState,
    import_detail,
    import_item,
)
from fansipan_gateway.imports.repository import ImportRepository
from fansipan_gateway.self_service.manager import Manager

_KIND: Final = "imports"
_LEVEL: Final = 1  # text becomes a fifth at a cost of milliseconds


class Imports:
    """Imports of one provider at a time.

    Args:
        repository: where they are.
        limits: bounds of uploads.
        wake: called when there is something for a worker to do.
        set_up: whether files can be sent to ingest at all.
    """

    def __init__(
        self, repository: ImportRepository, limits: ImportLimits, wake: Callable[[], None], *, set_up: bool
    ) -> None:
        self._repository = repository
        self._limits = limits
        self._wake = wake
        self._set_up = set_up

    async def list(self, manager: Manager, *, limit: int, cursor: str | None) -> Page:
        """Imports, the newest first.

        Raises:
            Forbidden, BadCursor, DatabaseAway.
        """
        _check(manager)
        before = decode_id_cursor(_KIND, cursor, without=LARGEST_ID, largest=LARGEST_ID)
        rows = await self._repository.fetch(manager, before=before, limit=limit + 1)
        return page_of(rows, limit, import_item, behind=lambda row: encode_cursor(_KIND, row["id"]))

    async def get(self, manager: Manager, import_id: int) -> dict[str, Any]:
        """One import with its reports.

        Raises:
            Forbidden, ImportUnknown, DatabaseAway.
        """
        _check(manager)
        return import_detail(await self._repository.find(manager, import_id))

    async def create(self, manager: Manager, name: str, size: int) -> dict[str, Any]:
        """Begin an upload.

        Raises:
            Forbidden, FileTooLarge, TooManyImports, ImportsNotSetUp, DatabaseAway.
        """
        _check(manager)
        if not self._set_up:
            raise ImportsNotSetUp(
                "set FANSIPAN_INGEST_URL for the gateway, and the same FANSIPAN_INTERNAL_SECRET for gateway and ingest"
            )
        if size > self._limits.largest:
            raise FileTooLarge(
                f"a file of {size} bytes: at most {self._limits.largest} are taken; use fansipan import, or pack it"
                " (.csv.gz, .csv.zst)",
                extra={"maxBytes": self._limits.largest},
            )
        return await self.get(manager, await self._repository.create(manager, name, size))

    async def add_piece(self, manager: Manager, import_id: int, offset: int, data: bytes) -> dict[str, Any]:
        """Add a piece of the file. With the last one it is looked at.

        Raises:
            Forbidden, ImportUnknown, WrongState, WrongOffset, WrongPiece, DatabaseAway.
        """
        _check(manager)
        packed = await asyncio.to_thread(zstandard.compress, data, _LEVEL)
        whole = await self._repository.add_piece(
            manager, import_id, offset=offset, length=len(data), packed=packed
        )
        if whole:
            self._wake()
        return await self.get(manager, import_id)

    async def preview(self, manager: Manager, import_id: int) -> dict[str, Any]:
        """What the file looks like.

        Raises:
            Forbidden, ImportUnknown, WrongState: nobody has looked yet, or it could not be read.
            DatabaseAway.
        """
        _check(manager)
        row = await self._repository.look(manager, import_id)
        if row["preview"] is None:
            fault = row["fault"]
            why = "it was not looked at yet; ask again" if fault is None else fault["detail"]
            raise WrongState(row["state"], why)
        preview = cast("dict[str, Any]", row["preview"])
        names = [column["name"] for column in preview["columns"]]
        return {**preview, "earlier": await self._repository.earlier_mapping(manager, import_id, names)}

    async def look_again(self, manager: Manager, import_id: int, options: FileOptions) -> dict[str, Any]:
        """Have it looked at, read in another way.

        Raises:
            Forbidden, ImportUnknown, WrongState, DatabaseAway.
        """
        _check(manager)
        await self._repository.look_again(manager, import_id, options.model_dump(by_alias=True))
        self._wake()
        return await self.get(manager, import_id)

    async def mapping(self, manager: Manager, import_id: int) -> dict[str, Any]:
        """What its columns are.

        Raises:
            Forbidden, ImportUnknown, NoMapping, DatabaseAway.
        """
        _check(manager)
        row = await self._repository.look(manager, import_id)
        if row["mapping"] is None:
            raise NoMapping
        return row["mapping"]

    async def put_mapping(self, manager: Manager, import_id: int, mapping: Mapping) -> dict[str, Any]:
        """Say what its columns are; the mapping becomes that of the provider.

        Raises:
            Forbidden, WrongProvider, ImportUnknown, WrongState, DatabaseAway.
        """
        _check(manager)
        if mapping.provider not in (None, manager.provider):
            raise WrongProvider(
                f"the mapping is of the provider {mapping.provider}: leave provider out, or say {manager.provider}"
            )
        bound = mapping.model_copy(update={"provider": manager.provider})
        document = bound.model_dump(mode="json", by_alias=True)
        await self._repository.put_mapping(manager, import_id, document)
        return document

    async def begin(self, manager: Manager, import_id: int, state: State) -> dict[str, Any]:
        """Have it checked, or imported.

        Raises:
            Forbidden, ImportUnknown, WrongState, NoMapping, DatabaseAway.
        """
        _check(manager)
        await self._repository.begin(manager, import_id, state)
        self._wake()
        return await self.get(manager, import_id)

    async def cancel(self, manager: Manager, import_id: int) -> dict[str, Any]:
        """Give it up.

        Raises:
            Forbidden, ImportUnknown, WrongState, DatabaseAway.
        """
        _check(manager)
        await self._repository.cancel(manager, import_id)
        return await self.get(manager, import_id)

    async def errors(self, manager: Manager, import_id: int) -> tuple[str, AsyncGenerator[bytes]]:
        """Name and content of the file of errors; it is empty where there are none.

        Raises:
            Forbidden, ImportUnknown, DatabaseAway.
        """
        row = await self.get(manager, import_id)
        return f"{row['name']}.errors.csv", self._repository.errors(import_id)


def _check(manager: Manager) -> None:
    """A file is sent with all rights of the provider.

    Raises:
        Forbidden: a key with fewer.
    """
    if manager.key_id is not None and (manager.prefixes or Scope.WRITE not in manager.scopes):
        raise Forbidden(
            "this needs an API key with the scopes manage and write for all datastreams of the provider; with another"
            " one that writes use fansipan import"
        )
