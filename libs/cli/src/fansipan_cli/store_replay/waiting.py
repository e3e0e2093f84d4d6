"""Watching the store until it has taken everything."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from fansipan_cli.database import connected
from fansipan_cli.errors import CommandError
from fansipan_cli.store_replay.plan import Place
from fansipan_cli.store_replay.store_offsets import read_offsets

_LOOK_SECONDS: Final = 0.5
_SAY_SECONDS: Final = 5.0


def wait_until_taken(
    database: str, places: Sequence[Place], *, patience: float, say: Callable[[str], None]
) -> float:
    """Wait until the store is past the end of every place; returns the seconds that took.

    Raises:
        CommandError: nothing has moved for `patience` seconds.
    """
    total = sum(place.records for place in places)
    began = moved = said = time.monotonic()
    before = 0
    while True:
        with connected(database, autocommit=True) as connection:
            offsets = read_offsets(connection, sorted({place.topic for place in places}))
        left = sum(
            max(0, p.end - max(offsets.get((p.topic, p.partition), 0), p.start)) for p in places if p.records
        )
        now = time.monotonic()
        if left == 0:
            return now - began
        if total - left != before:
            before, moved = total - left, now
        if now - moved > patience:
            raise CommandError(
                f"the store has not moved for {patience:.0f} s: {left:,} of {total:,} records are left",
                "does analytics run? see: fansipan doctor; it goes on from there by itself",
            )
        if now - said > _SAY_SECONDS:
            said = now
            say(f"{before:,} of {total:,} records, {before / (now - began):,.0f} records/s")
        time.sleep(_LOOK_SECONDS)
