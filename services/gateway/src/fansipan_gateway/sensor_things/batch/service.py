"""Runs the requests of a batch one after the other."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import orjson

from fansipan_common.errors import FansipanError
from fansipan_gateway.sensor_things.batch.addresses import target_of
from fansipan_gateway.sensor_things.batch.domain import (
    MAX_ANSWERS,
    MAX_SECONDS,
    AtomicGroup,
    BadPart,
    BatchExhausted,
    Part,
    PartAnswer,
)
from fansipan_gateway.sensor_things.batch.references import Results

METHODS: Final = ("GET", "POST", "PATCH", "PUT", "DELETE")
Door = Callable[[str, str, str, Mapping[str, str], bytes], Awaitable[PartAnswer]]
"""Answers method, path below the root of the service, query, headers and body as if they came in by themselves."""


class Batches:
    """Runs batches.

    Args:
        monotonic: the clock, to be replaced in tests.
        seconds: time behind which no further request is run.
        bytes_at_most: of answers, behind which no further request is run.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        seconds: float = MAX_SECONDS,
        bytes_at_most: int = MAX_ANSWERS,
    ) -> None:
        self._monotonic = monotonic
        self._seconds = seconds
        self._bytes_at_most = bytes_at_most

    async def run(self, parts: Sequence[Part], root: str, door: Door) -> list[PartAnswer]:
        """An answer for each request, in their order. One that fails leaves the others alone; what needs its result
        fails as well. Groups of several requests are not run.

        Args:
            parts: the requests.
            root: address of the service.
            door: answers them.
        """
        begun, size = self._monotonic(), 0
        groups = Counter(part.group for part in parts if part.group is not None)
        results = Results()
        answers: list[PartAnswer] = []
        for part in parts:
            try:
                if part.group is not None and groups[part.group] > 1:
                    raise AtomicGroup(part.group)
                if self._monotonic() - begun > self._seconds:
                    raise BatchExhausted(
                        f"this request is not run: the batch has taken over {self._seconds:.0f} s"
                    )
                if size > self._bytes_at_most:
                    raise BatchExhausted(
                        f"this request is not run: the answers before it are over {self._bytes_at_most >> 20} MiB"
                    )
                answer = await self._answer(part, results, root, door)
            except FansipanError as fault:
                answer = refused(fault)
            size += len(answer.body)
            results.put(part, answer)
            answers.append(answer)
        return answers

    async def _answer(self, part: Part, results: Results, root: str, door: Door) -> PartAnswer:
        if part.fault is not None:
            raise part.fault
        if part.method not in METHODS:
            raise BadPart(f"there is no method {part.method[:20]!r}: there are {', '.join(METHODS)}")
        results.require(part)
        path, query = target_of(results.url_of(part.url), root)
        return await door(part.method, path, query, part.headers, results.body_of(part.body))


def refused(fault: FansipanError) -> PartAnswer:
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
    )


def _small(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
