"""Runs the requests of a batch one after the other, and groups of them as one."""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from itertools import groupby
from typing import Final, Protocol

import orjson

from fansipan_common.errors import FansipanError
from fansipan_gateway.sensor_things.batch.addresses import target_of
from fansipan_gateway.sensor_things.batch.domain import (
    MAX_ANSWERS,
    MAX_SECONDS,
    BadPart,
    BatchExhausted,
    GroupFailed,
    Part,
    PartAnswer,
)
from fansipan_gateway.sensor_things.batch.groups import writes_observations
from fansipan_gateway.sensor_things.batch.references import Results
from fansipan_gateway.sensor_things.writing.observations.faults import ObservationsNotAtomic

METHODS: Final = ("GET", "POST", "PATCH", "PUT", "DELETE")
Door = Callable[[str, str, str, Mapping[str, str], bytes], Awaitable[PartAnswer]]
"""Answers method, path below the root of the service, query, headers and body as if they came in by themselves."""


class Groups(Protocol):
    """Where groups are run."""

    def begin(self, sender: str) -> AbstractAsyncContextManager[None]:
        """Let what is done in the block be kept when it ends, and nothing of it when it raises."""
        ...


class Batches:
    """Runs batches.

    Args:
        groups: where groups of several requests are run.
        monotonic: the clock, to be replaced in tests.
        seconds: time behind which no further request is run.
        bytes_at_most: of answers, behind which no further request is run.
    """

    def __init__(
        self,
        groups: Groups,
        monotonic: Callable[[], float] = time.monotonic,
        seconds: float = MAX_SECONDS,
        bytes_at_most: int = MAX_ANSWERS,
    ) -> None:
        self._groups = groups
        self._monotonic = monotonic
        self._seconds = seconds
        self._bytes_at_most = bytes_at_most

    async def run(self, parts: Sequence[Part], root: str, door: Door, sender: str | None) -> list[PartAnswer]:
        """An answer for each request, in their order. One that fails leaves the others alone, but for those of its
        group; what needs its result fails as well.

        Args:
            parts: the requests; those of a group stand together.
            root: address of the service.
            door: answers them.
            sender: who sent the batch; None: somebody who may change nothing, so that nothing need be undone.
        """
        budget = _Budget(self._monotonic, self._seconds, self._bytes_at_most)
        run = _Run(root, door, budget)
        answers: list[PartAnswer] = []
        for unit in _units(parts):
            if len(unit) == 1:
                answers += await run.one(unit[0])
            else:
                begun = nullcontext() if sender is None else self._groups.begin(sender)
                answers += await run.together(unit, begun)
        return answers


class _Budget:
    """What a batch may still take."""

    def __init__(self, monotonic: Callable[[], float], seconds: float, most: int) -> None:
        self._monotonic = monotonic
        self._begun = monotonic()
        self._seconds = seconds
        self._most = most
        self.size = 0

    def require(self) -> None:
        """Raise `BatchExhausted` when it has taken all."""
        if self._monotonic() - self._begun > self._seconds:
            raise BatchExhausted(f"this request is not run: the batch has taken over {self._seconds:.0f} s")
        if self.size > self._most:
            raise BatchExhausted(
                f"this request is not run: the answers before it are over {self._most >> 20} MiB"
            )


class _Unsuccessful(Exception):
    """A request of a group has an answer that lets the group fail."""

    def __init__(self, answer: PartAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class _Run:
    """One batch while it is run."""

    def __init__(self, root: str, door: Door, budget: _Budget) -> None:
        self._root = root
        self._door = door
        self._budget = budget
        self._results = Results()

    async def one(self, part: Part) -> list[PartAnswer]:
        """The answer to a request that is in no group, or alone in one."""
        try:
            answer = await self._answer(part)
        except FansipanError as fault:
            answer = refused(fault)
        return self._note([part], [answer])

    async def together(
        self, parts: Sequence[Part], begun: AbstractAsyncContextManager[None]
    ) -> list[PartAnswer]:
        """The answers to the requests of a group: all have succeeded, or `begun` has let none leave anything behind."""
        running: int | None = None  # which request it is that goes wrong, if it is one
        answers: list[PartAnswer] = []
        try:
            for number, part in enumerate(parts):
                running = number
                self._require_atomic(part)
            running = None
            async with begun:
                for number, part in enumerate(parts):
                    running = number
                    answer = await self._answer(part)
                    if not answer.good:
                        raise _Unsuccessful(answer)
                    answers += self._note([part], [answer])
                running = None
        except _Unsuccessful as failed:
            answers = _failed(parts, running, failed.answer)
        except FansipanError as fault:
            answers = _failed(parts, running, refused(fault))
        else:
            return answers
        return self._note(parts, answers)

    async def _answer(self, part: Part) -> PartAnswer:
        self._budget.require()
        _require_good(part)
        self._results.require(part)
        path, query = target_of(self._results.url_of(part.url), self._root)
        return await self._door(part.method, path, query, part.headers, self._results.body_of(part.body))

    def _require_atomic(self, part: Part) -> None:
        """Raise what is wrong with a request of a group, as far as it is seen before any of them is run."""
        _require_good(part)
        path, _query = target_of(self._results.shape_of(part.url), self._root)
        if writes_observations(part.method, path, part.body):
            raise ObservationsNotAtomic

    def _note(self, parts: Sequence[Part], answers: Sequence[PartAnswer]) -> list[PartAnswer]:
        for part, answer in zip(parts, answers, strict=True):
            self._budget.size += len(answer.body)
            self._results.put(part, answer)
        return list(answers)


def _units(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Requests that are run together: those of each group, and each of the others by itself."""
    for group, members in groupby(parts, key=lambda part: part.group):
        if group is None:
            yield from ([part] for part in members)
        else:
            yield list(members)


def _require_good(part: Part) -> None:
    if part.fault is not None:
        raise part.fault
    if part.method not in METHODS:
        raise BadPart(f"there is no method {part.method[:20]!r}: there are {', '.join(METHODS)}")


def _failed(parts: Sequence[Part], which: int | None, answer: PartAnswer) -> list[PartAnswer]:
    """The answers to a group of which one request failed, or (None) which as a whole was not to be had."""
    if which is None:
        return [answer] * len(parts)
    follows = refused(GroupFailed(parts[which].id, which + 1), follows=True)
    return [answer if number == which else follows for number in range(len(parts))]


def refused(fault: FansipanError, *, follows: bool = False) -> PartAnswer:
    """A fault as the answer to a request."""
    problem = {
        "type": f"urn:fansipan:problem:{fault.code}",
        "title": fault.title,
        "status": fault.status,
        "code": fault.code,
        "detail": fault.detail,
        "message": fault.detail,
        **fault.extra,
    }
    return PartAnswer(
        fault.status,
        {"content-type": "application/problem+json", **_small(fault.headers)},
        orjson.dumps(problem),
        follows,
    )


def _small(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
