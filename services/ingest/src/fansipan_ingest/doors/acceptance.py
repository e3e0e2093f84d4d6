"""From readings to an answer: what all doors do alike."""

from fastapi import Response

from fansipan_common.api_keys import Principal
from fansipan_ingest.doors.readings import Readings
from fansipan_ingest.repository.progress import StoreProgress
from fansipan_ingest.service.answer import Answer
from fansipan_ingest.service.observations import ObservationService
from fansipan_ingest.service.sandbox import Report, Sandbox


class Acceptance:
    """Hands readings to the service of observations, with the same rules as `POST /v1/observations`.

    Args:
        service: accepts observations.
        sandbox: only checks them.
        progress: how far the store is.
        stored_timeout: seconds to wait for it.
    """

    def __init__(
        self,
        service: ObservationService,
        sandbox: Sandbox,
        progress: StoreProgress,
        stored_timeout: float,
    ) -> None:
        self._service = service
        self._sandbox = sandbox
        self._progress = progress
        self._stored_timeout = stored_timeout

    async def accept(
        self, principal: Principal, readings: Readings, *, strict: bool = False, wait: str | None = None
    ) -> Answer:
        """Publish the acceptable readings and list the others; with `wait` "stored" wait until they are readable.

        Raises:
            Unprocessable: `strict` and a reading is not acceptable; nothing is published.
            BrokerAway, BrokerBehind, DatabaseAway: nothing counts as accepted; the same again is harmless.
        """
        plain = readings.plain()
        answer = None if plain is None else await self._service.accept_plain(principal, plain)
        if answer is None:
            answer = await self._service.accept(
                principal, readings.items(), strict=strict, units=readings.units
            )
        if wait == "stored":
            answer.stored = await self._progress.wait(answer.written, self._stored_timeout)
        return answer

    async def check(self, principal: Principal, readings: Readings) -> Report:
        """What would become of the readings.

        Raises:
            DatabaseAway.
        """
        return await self._sandbox.observations(principal, readings.items(), readings.units)

    async def take(
        self,
        principal: Principal,
        readings: Readings,
        *,
        strict: bool = False,
        wait: str | None = None,
        dry_run: bool = False,
    ) -> Response:
        """As `accept`, or with `dry_run` as `check`, and the answer to it.

        Raises:
            What these raise.
        """
        answer = (
            await self.check(principal, readings)
            if dry_run
            else await self.accept(principal, readings, strict=strict, wait=wait)
        )
        return Response(answer.to_json(), answer.status, media_type="application/json")
