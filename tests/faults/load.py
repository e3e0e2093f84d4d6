"""A sender that pushes observations until every one is accepted, whatever is down meanwhile."""

import asyncio
import json
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import httpx
from tests.faults.real_data import Observation

Chain = list[Observation]
"""What is sent about one identity, in this order: each only after the one before it was accepted."""


def plan(readings: Sequence[Observation], rng: random.Random) -> list[Chain]:
    """Every reading once, 5 % of them twice (independently of each other), 1 % corrected afterwards."""
    picked = rng.sample(range(len(readings)), len(readings) * 6 // 100)
    corrected, repeated = set(picked[: len(picked) // 6]), picked[len(picked) // 6 :]
    chains = [
        _corrected(reading, rng) if place in corrected else [reading]
        for place, reading in enumerate(readings)
    ]
    chains += [[readings[place]] for place in repeated]
    return chains


def _corrected(first: Observation, rng: random.Random) -> Chain:
    other = replace(first, result=round(first.result * 1.1 + 1.0, 3))
    bad = replace(first, quality="bad")
    return rng.choice(
        [
            [first, other],
            [first, other, first],
            [first, first, other, other],
            [first, bad],
            [first, bad, other],
        ]
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the store should hold of one identity: the last value, and the others in the order they were replaced."""

    current: Observation
    replaced: list[Observation]


def outcomes(chains: Iterable[Chain]) -> dict[tuple[str, int], Outcome]:
    """What is left of all that was sent."""
    found: dict[tuple[str, int], Outcome] = {}
    for chain in chains:
        changes = [sent for place, sent in enumerate(chain) if place == 0 or sent != chain[place - 1]]
        found[chain[0].identity] = Outcome(changes[-1], changes[:-1])
    return found


class NotDelivered(AssertionError):
    """A batch was answered in a way that a sender must not see, or not accepted in time."""


@dataclass(slots=True)
class Figures:
    """What the sender went through."""

    requests: int = 0
    accepted: int = 0
    refused_503: int = 0
    lost_connections: int = 0
    in_flight: int = 0
    codes: dict[str, int] = field(default_factory=dict)


class Load:
    """Sends chains in random order, many requests at once.

    `let(share)` opens the gate: until then nothing is sent, so that a test can do harm while data flow.

    Args:
        chains: what to send.
        rng: gives the order; the same seed, the same order of a run without faults.
        in_flight: requests at a time.
        patience: seconds until a batch must be accepted.
    """

    def __init__(
        self,
        chains: Sequence[Chain],
        *,
        url: str,
        key: str,
        rng: random.Random,
        in_flight: int = 8,
        batch: tuple[int, int] = (500, 1000),
        patience: float = 90.0,
    ) -> None:
        self._url = url
        self._key = key
        self._rng = rng
        self._in_flight = in_flight
        self._batch = batch
        self._patience = patience
        self._pool: list[tuple[Chain, int]] = [(chain, 0) for chain in chains]
        rng.shuffle(self._pool)
        self.total = sum(len(chain) for chain in chains)
        self.figures = Figures()
        self._gate = 0
        self._taken = 0

    def let(self, share: float) -> None:
        """Allow this share of everything to be sent, 1.0 being all of it."""
        self._gate = round(self.total * share)

    @property
    def flowing(self) -> bool:
        """Whether requests are on their way."""
        return self.figures.in_flight > 0

    async def run(self) -> None:
        """Send until everything is accepted.

        Raises:
            NotDelivered: another answer than 202 or 503, an item rejected, or patience ran out.
        """
        client = httpx.AsyncClient(
            base_url=self._url, headers={"Authorization": f"Bearer {self._key}"}, timeout=30.0
        )
        async with client, asyncio.TaskGroup() as group:
            for _ in range(self._in_flight):
                group.create_task(self._work(client))

    async def _work(self, client: httpx.AsyncClient) -> None:
        while self.figures.accepted < self.total:
            batch = self._take()
            if not batch:
                await asyncio.sleep(0.01)  # the gate is closed, or the rest waits for what is in flight
                continue
            self.figures.in_flight += 1
            await self._deliver(client, [chain[place] for chain, place in batch])
            self.figures.in_flight -= 1
            self._accept(batch)

    def _take(self) -> list[tuple[Chain, int]]:
        size = min(self._rng.randint(*self._batch), self._gate - self._taken, len(self._pool))
        batch = [self._pool.pop() for _ in range(size)]
        self._taken += size
        return batch

    def _accept(self, batch: list[tuple[Chain, int]]) -> None:
        self.figures.accepted += len(batch)
        for chain, place in batch:
            if place + 1 < len(chain):
                self._put((chain, place + 1))

    def _put(self, item: tuple[Chain, int]) -> None:
        self._pool.append(item)
        somewhere = self._rng.randrange(len(self._pool))
        self._pool[somewhere], self._pool[-1] = self._pool[-1], self._pool[somewhere]

    async def _deliver(self, client: httpx.AsyncClient, batch: list[Observation]) -> None:
        body = json.dumps([observation.item() for observation in batch]).encode()
        figures = self.figures
        deadline, delay, last = time.monotonic() + self._patience, 0.1, ""
        while True:
            figures.requests += 1
            try:
                answer = await client.post(
                    "/v1/observations", content=body, headers={"Content-Type": "application/json"}
                )
            except httpx.TransportError as error:
                figures.lost_connections += 1
                last = repr(error)
            else:
                if answer.status_code == 202:
                    _check_accepted(answer, len(batch))
                    return
                if answer.status_code != 503:
                    raise NotDelivered(f"{answer.status_code}: {answer.text[:500]}")
                figures.refused_503 += 1
                last = answer.json()["code"]
                figures.codes[last] = figures.codes.get(last, 0) + 1
            if time.monotonic() > deadline:
                raise NotDelivered(f"not accepted within {self._patience:.0f} s, last answer: {last}")
            await asyncio.sleep(delay * self._rng.uniform(0.5, 1.5))
            delay = min(delay * 2, 1.0)


def _check_accepted(answer: httpx.Response, sent: int) -> None:
    document = answer.json()
    if document["accepted"] != sent or document["rejected"]:
        raise NotDelivered(f"{document['accepted']} of {sent} accepted, rejected: {document['rejected'][:3]}")
