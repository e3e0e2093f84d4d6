"""From readings to an answer: what all doors do alike."""

from fansipan_common.api_keys import Principal
from fansipan_ingest.doors.readings import Readings
from fansipan_ingest.repository.progress import StoreProgress
from fansipan_ingest.service.answer import Answer
from fansipan_ingest.service.observations import ObservationService


class Acceptance:
    """Hands readings to the service of observations, with the same rules as `POST /v1/observations`.

    Args:
        service: accepts observations.
        progress: how far the store is.
        stored_timeout: seconds to wait for it.
    """

    def __init__(self, service: ObservationService, progress: StoreProgress, stored_timeout: float) -> None:
        self._service = service
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
