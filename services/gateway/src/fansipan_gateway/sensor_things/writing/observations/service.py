"""Writes observations in the name of a provider: compares them with what is stored, and sends them through ingest."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from fansipan_common.contracts.identity import observation_id, split_observation_id
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.sensor_things.writing.observations.domain import (
    Content,
    Key,
    Target,
    content_of,
    difference,
    is_storable,
    item_of,
    moment_at,
    unix_ms,
)
from fansipan_gateway.sensor_things.writing.observations.faults import (
    ObservationsNotAtomic,
    RefusedObservation,
)
from fansipan_gateway.sensor_things.writing.observations.ingest import ObservationIngest, Refusal
from fansipan_gateway.sensor_things.writing.observations.repository import ObservationTargets
from fansipan_gateway.sensor_things.writing.observations.written import NewObservation, Written
from fansipan_gateway.sensor_things.writing.writer import Writer

_SHOWN: Final = 200


@dataclass(slots=True)
class _Plan:
    """What is to be sent, in order, and what became of each observation so far."""

    provider: str
    items: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    written: list[Written] = field(default_factory=list[Written])
    current: dict[Key, Content] = field(default_factory=dict[Key, Content])
    sent: dict[int, int] = field(default_factory=dict[int, int])
    depends: dict[int, Key] = field(default_factory=dict[int, Key])


class Observations:
    """The `ObservationWriter`: also corrects, and takes back.

    Args:
        targets: reads what is there.
        ingest: takes what is new.
        now: the clock.
        in_transaction: says whether a transaction of the registry is going on here. Then nothing is written, and
            `ObservationsNotAtomic` raised: ingest could not take part in it.
    """

    def __init__(
        self,
        targets: ObservationTargets,
        ingest: ObservationIngest,
        now: Callable[[], datetime],
        in_transaction: Callable[[], bool],
    ) -> None:
        self._targets = targets
        self._ingest = ingest
        self._now = now
        self._in_transaction = in_transaction

    async def write(self, writer: Writer, observations: Sequence[NewObservation]) -> list[Written]:
        """Send observations through ingest and wait until they are stored: one outcome for each, in order.

        One that is stored already with the same content is not sent again; with another content it is sent only where
        the provider's POSTs correct (`provider.corrections_by_post`).

        Raises:
            ObservationsNotSetUp, IngestAway, NotStoredYet, DatabaseAway: the same again is harmless.
        """
        self._require_alone()
        targets = await self._targets.targets({one.datastream_id for one in observations})
        times = self._times(observations)
        known = await self._targets.stored(_perhaps_stored(observations, times, targets))
        plan = _Plan(writer.provider_key, current=known)
        for number, (one, ms) in enumerate(zip(observations, times, strict=True)):
            target = targets.get(one.datastream_id)
            reason = reason_against(writer, one.datastream_id, target) or _time_fault(ms)
            if reason is not None:
                plan.written.append(reason)
            else:
                assert target is not None  # noqa: S101 - none is a reason
                _add(plan, number, target, ms, content_of(one))
        if plan.items:
            refused = await self._ingest.send(plan.provider, plan.items)
            _take_refusals(plan, {plan.sent[place]: why for place, why in refused.items()})
        return plan.written

    async def target(self, writer: Writer, datastream_id: int) -> Target | Written:
        """A datastream that the writer may write to, or why not."""
        target = (await self._targets.targets([datastream_id])).get(datastream_id)
        reason = reason_against(writer, datastream_id, target)
        if reason is not None:
            return reason
        assert target is not None  # noqa: S101 - none is a reason
        return target

    async def stored(self, key: Key) -> Content | None:
        """What is stored of an identity."""
        return (await self._targets.stored([key])).get(key)

    async def replace(self, writer: Writer, target: Target, ms: int, content: Content) -> None:
        """Correct an observation.

        Raises:
            RefusedObservation: the new content is not acceptable.
            ObservationsNotSetUp, IngestAway, NotStoredYet.
        """
        self._require_alone()
        refused = await self._ingest.send(writer.provider_key, [item_of(target.key, ms, content)])
        if refused:
            raise RefusedObservation(refused[0].code, refused[0].detail)

    async def delete(self, writer: Writer, target: Target, ms: int) -> None:
        """Take an observation back; it is not readable any more when this returns.

        Raises:
            RefusedObservation, ObservationsNotSetUp, IngestAway, NotStoredYet.
        """
        self._require_alone()
        name = {"datastream": target.key, "phenomenonTime": format_instant(moment_at(ms))}
        await self._ingest.take_back(writer.provider_key, [name])

    async def take_back(self, writer: Writer, ids: Sequence[int]) -> None:
        """As `delete`, of several by their ids; those of datastreams that are gone are passed over."""
        self._require_alone()
        keys = [split_observation_id(one) for one in ids]
        targets = await self._targets.targets({datastream_id for datastream_id, _ in keys})
        names = [
            {"datastream": targets[datastream_id].key, "phenomenonTime": format_instant(moment_at(ms))}
            for datastream_id, ms in keys
            if datastream_id in targets
        ]
        if names:
            await self._ingest.take_back(writer.provider_key, names)

    def _require_alone(self) -> None:
        if self._in_transaction():
            raise ObservationsNotAtomic

    def _times(self, observations: Sequence[NewObservation]) -> list[int]:
        """Unix ms of each. Those of now that are of one datastream are a millisecond apart: they are several."""
        now = unix_ms(self._now())
        following: dict[int, int] = {}
        times: list[int] = []
        for one in observations:
            if one.phenomenon_time is not None:
                times.append(unix_ms(one.phenomenon_time))
                continue
            ms = following.get(one.datastream_id, now)
            following[one.datastream_id] = ms + 1
            times.append(ms)
        return times


def reason_against(writer: Writer, datastream_id: int, target: Target | None) -> Written | None:
    """Why a writer may not write to a datastream; None: they may."""
    if target is None:
        return Written(None, "refused", "no-such-entity", f"there is no Datastream {datastream_id}")
    if target.provider_id != writer.provider_id:
        return Written(None, "refused", "not-yours", f"Datastream {datastream_id} is of another provider")
    if writer.prefixes and not target.key.startswith(writer.prefixes):
        return Written(None, "refused", "not-yours", f"this key may not write to {target.key}")
    return None


def address_parts(observation: int) -> Key | None:
    """Datastream and Unix ms of an observation's id; None: it is none."""
    try:
        return split_observation_id(observation)
    except ValueError:
        return None


def _time_fault(ms: int) -> Written | None:
    if is_storable(ms):
        return None
    return Written(None, "refused", "time-too-early", "phenomenonTime is before 1970 or after 2109")


def _perhaps_stored(
    observations: Sequence[NewObservation], times: Sequence[int], targets: Mapping[int | str, Target]
) -> Collection[Key]:
    """Identities that may be stored: what is newer than the newest of its datastream is not."""
    keys: set[Key] = set()
    for one, ms in zip(observations, times, strict=True):
        target = targets.get(one.datastream_id)
        newest = None if target is None else target.newest_ms
        if newest is not None and is_storable(ms) and ms <= newest:
            keys.add((one.datastream_id, ms))
    return keys


def _add(plan: _Plan, number: int, target: Target, ms: int, content: Content) -> None:
    key = (target.id, ms)
    public = observation_id(target.id, ms)
    before = plan.current.get(key)
    differs = None if before is None else difference(before, content)
    if differs is not None and not differs:
        plan.written.append(Written(public, "same"))
        plan.depends[number] = key
        return
    if differs is not None and not target.corrections_by_post:
        detail = (
            f"Observation {public} of this Datastream and phenomenonTime has other values ({', '.join(differs)}):"
            " PATCH it, or send another phenomenonTime"
        )
        plan.written.append(Written(public, "different", "different-result", detail, differs))
        return
    plan.written.append(Written(public, "created" if before is None else "corrected"))
    plan.current[key] = content
    plan.depends[number] = key
    plan.sent[len(plan.items)] = number
    plan.items.append(item_of(target.key, ms, content))


def _take_refusals(plan: _Plan, refused: Mapping[int, Refusal]) -> None:
    """Put right what was planned: with what ingest refused goes what is the same."""
    if not refused:
        return
    lost = {plan.depends[number]: why for number, why in refused.items()}
    sent = set(plan.sent.values())
    for number, key in plan.depends.items():
        why = refused.get(number)
        if why is None and plan.written[number].outcome == "same" and number not in sent:
            why = lost.get(key)
        if why is not None:
            plan.written[number] = Written(None, "refused", why.code, why.detail[:_SHOWN])
