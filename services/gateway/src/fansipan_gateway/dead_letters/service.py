"""Looking at dead letters, and sending them again."""

import json
from dataclasses import dataclass
from typing import Any, Final

from fansipan_gateway.dead_letters.domain import (
    DeadLetterUnknown,
    letter_detail,
    letter_item,
    shipment_of,
)
from fansipan_gateway.dead_letters.ingest import IngestDoor
from fansipan_gateway.dead_letters.repository import DeadLetterFilter, DeadLetterRepository
from fansipan_gateway.domain.cursor import LARGEST_ID, decode_id_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page, page_of
from fansipan_gateway.domain.results import Row

_KIND: Final = "dead-letters"
_KEPT_CHARACTERS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Correction:
    """What to send instead of what was sent; any JSON."""

    payload: Any


class DeadLetters:
    """What could not be used."""

    def __init__(self, repository: DeadLetterRepository, ingest: IngestDoor) -> None:
        self._repository = repository
        self._ingest = ingest

    async def list(self, wanted: DeadLetterFilter, *, limit: int, cursor: str | None) -> Page:
        """Letters, the newest first.

        Raises:
            BadCursor, DatabaseAway.
        """
        before = decode_id_cursor(_KIND, cursor, without=LARGEST_ID, largest=LARGEST_ID)
        rows = await self._repository.fetch(wanted, before=before, limit=limit + 1)
        return page_of(rows, limit, letter_item, behind=lambda row: encode_cursor(_KIND, row["id"]))

    async def get(self, letter_id: int) -> dict[str, Any]:
        """One letter with what was sent.

        Raises:
            DeadLetterUnknown, DatabaseAway.
        """
        return letter_detail(await self._find(letter_id))

    async def replay(
        self, letter_id: int, correction: Correction | None, *, actor: str, client: str
    ) -> dict[str, Any]:
        """Send a letter to ingest in the name of its provider, and note what became of it.

        Again is harmless: an observation or event is stored once by its identity.

        Args:
            letter_id: which.
            correction: what to send instead; None: what was sent.
            actor: name of the operator.
            client: address of their machine.

        Raises:
            DeadLetterUnknown, NotReplayable, BodyNeeded: nothing was sent.
            IngestAway, ReplayNotSetUp, DatabaseAway: try again; nothing is noted.
        """
        row = await self._find(letter_id)
        shipment = shipment_of(
            row, None if correction is None else correction.payload, has_body=correction is not None
        )
        outcome = (await self._ingest.send(shipment)).document(corrected=correction is not None)
        details = {"provider": shipment.provider, "kind": row["kind"], **outcome}
        if correction is not None:
            # As text, cut: an operator answers for what they send in the name of a provider.
            details["payload"] = json.dumps(correction.payload)[:_KEPT_CHARACTERS]
        kept = await self._repository.replayed(letter_id, outcome, details, actor=actor, client=client)
        if kept is None:
            raise _unknown(letter_id)
        return letter_detail(kept)

    async def _find(self, letter_id: int) -> Row:
        row = await self._repository.find(letter_id)
        if row is None:
            raise _unknown(letter_id)
        return row


def _unknown(letter_id: int) -> DeadLetterUnknown:
    return DeadLetterUnknown(f"there is no dead letter {letter_id}; they are kept for a while only")
