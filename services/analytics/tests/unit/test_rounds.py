"""A loop that goes on whatever a round comes to, and says so."""

import asyncio

import pytest

from fansipan_analytics.rounds import Rounds
from fansipan_common.older_schema import NewerSchemaNeeded
from fansipan_common.telemetry import metrics_of


class Scripted(Rounds):
    """Rounds that come to what is given, and notes what readiness and the rest before each were."""

    def __init__(self, *results: Exception | None) -> None:
        super().__init__("scripted", interval=1.0, metrics=metrics_of("test"), longest_rest=3.0)
        self._results = list(results)
        self.rests: list[float] = []
        self.told: list[str] = []

    async def _rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        try:
            await self.check()
        except RuntimeError as error:
            self.told.append(str(error))
        else:
            self.told.append("ok")
        if not self._results:
            raise asyncio.CancelledError

    async def _round(self) -> None:
        result = self._results.pop(0)
        if result is not None:
            raise result


async def test_a_fault_is_told_until_a_round_works_and_rests_grow_meanwhile() -> None:
    rounds = Scripted(ValueError("no"), ValueError("never"), ValueError("no"), None)
    with pytest.raises(asyncio.CancelledError):
        await rounds.run()
    assert rounds.rests == [1.0, 2.0, 3.0, 3.0, 1.0]
    assert rounds.told == ["ok", "ValueError: no", "ValueError: never", "ValueError: no", "ok"]


async def test_waiting_for_a_newer_schema_is_no_fault() -> None:
    rounds = Scripted(ValueError("no"), NewerSchemaNeeded(), None)
    with pytest.raises(asyncio.CancelledError):
        await rounds.run()
    assert rounds.rests == [1.0, 2.0, 3.0, 1.0]
    assert rounds.told == ["ok", "ValueError: no", "ok", "ok"]
