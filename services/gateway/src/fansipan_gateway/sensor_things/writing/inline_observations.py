"""Observations that are made together with their datastream or feature."""

from collections.abc import Collection, Sequence

from fansipan_common.errors import ClientFault
from fansipan_gateway.sensor_things.writing.deep import PendingObservation
from fansipan_gateway.sensor_things.writing.observations.written import NewObservation, ObservationWriter
from fansipan_gateway.sensor_things.writing.writer import Writer

_STORED = frozenset({"created", "same", "corrected"})


class ObservationRefused(ClientFault):
    """An observation inside of a new entity was refused, and with it all of the request."""

    code, title = "observation-refused", "An observation was refused"


class InlineObservations:
    """Stores them, and takes them back.

    Args:
        observations: the way to ingest.
    """

    def __init__(self, observations: ObservationWriter) -> None:
        self._observations = observations

    async def store(
        self, writer: Writer, pending: Sequence[PendingObservation], new: Collection[int]
    ) -> None:
        """Store observations: all of them, or none.

        Args:
            writer: in whose name.
            pending: the observations.
            new: ids of datastreams that are deleted again when this fails, with all their observations.

        Raises:
            ObservationRefused: one was not stored.
            ServerFault: ingest is away.
        """
        written = await self._observations.write(writer, [_new(one) for one in pending])
        for one, outcome in zip(pending, written, strict=True):
            if outcome.outcome in _STORED:
                continue
            stored = [
                other.id
                for of, other in zip(pending, written, strict=True)
                if other.outcome == "created" and other.id is not None and of.datastream_id not in new
            ]
            await self._observations.take_back(writer, stored)
            raise ObservationRefused(
                f"{one.path}: {outcome.detail or outcome.outcome}",
                extra={"path": one.path, "reason": outcome.code or outcome.outcome},
            )

    async def take_back(self, writer: Writer, ids: Sequence[int]) -> None:
        """Delete observations.

        Raises:
            ServerFault: ingest is away.
        """
        await self._observations.take_back(writer, ids)


def _new(one: PendingObservation) -> NewObservation:
    inline = one.observation
    return NewObservation(
        one.datastream_id,
        inline.phenomenon_time,
        inline.result,
        inline.result_time,
        inline.result_quality,
        inline.parameters,
        one.feature_id,
    )
