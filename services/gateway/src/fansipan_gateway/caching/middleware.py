"""Remembered answers in front of the doors: identical requests at one moment are one request to the database."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fansipan_common.errors import FansipanError, ServerFault
from fansipan_common.problems import problem_response
from fansipan_common.telemetry import Metrics
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.identification import identify
from fansipan_gateway.access.service import Access
from fansipan_gateway.api.conditional import matches
from fansipan_gateway.caching.domain import Answer, Noun, nouns_of
from fansipan_gateway.caching.store import OwnAnswers, Remembered, SharedAnswers
from fansipan_gateway.caching.versions import DataVersions

_PATIENCE_SECONDS: Final = 2.0
_LONGEST_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 1.0
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OUTCOMES: Final = {
    "hit": "hit",
    "hit; detail=stale": "stale",
    "fwd=miss; collapsed": "collapsed",
    "fwd=miss": "miss",
}
_FOR_ONE: Final = frozenset({b"if-none-match", b"range", b"cookie"})


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """How long answers are good.

    Attributes:
        max_age: seconds after which one is never given as it is; 0: nothing is remembered.
        stale_for: seconds for which an old one is given, marked, while the database is away.
        largest: bytes of an answer that is remembered.
    """

    max_age: float
    stale_for: float
    largest: int = 4 << 20


@dataclass(frozen=True, slots=True)
class _Flight:
    """An answer that is being made."""

    task: asyncio.Task[Answer]
    began: float
    version: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Given:
    """What a client is given: an answer, how it came about, and how old it is when it is too old."""

    answer: Answer
    how: str
    stale_age: int | None = None


class CachedReads:
    """Gives answers again while nothing has changed; all who miss one at the same moment wait for one to be made.

    An answer is given only to readers who see the same, is never older than `max_age`, and never older than a change
    that this replica has heard of. Errors are not remembered. While the database is away, or silent for two seconds,
    what is remembered is given with `Age` and `Warning: 110`.

    Args:
        app: what makes answers.
        access: says who reads.
        versions: of the data.
        own: answers of this process.
        shared: answers of all replicas; None: there is no Redis.
        policy: how long they are good.
        metrics: counts how answers come about.
        monotonic: the clock, to be replaced in tests.
    """

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        versions: DataVersions,
        own: OwnAnswers,
        shared: SharedAnswers | None,
        policy: CachePolicy,
        metrics: Metrics,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._access = access
        self._versions = versions
        self._own = own
        self._shared = shared
        self._policy = policy
        self._metrics = metrics
        self._monotonic = monotonic
        self._flights: dict[str, _Flight] = {}
        self._away_until = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the app do it."""
        if scope["type"] != "http" or scope["method"] not in _SAFE:
            await self._app(scope, receive, self._seeing_changes(scope, send))
            return
        nouns = nouns_of(scope["path"]) if scope["method"] == "GET" else None
        if nouns is None:
            await self._app(scope, receive, send)
            return
        try:
            reader = await identify(self._access, scope)
        except FansipanError:
            await self._app(scope, receive, send)  # the door says the same, and is where it is rendered
            return
        if not reader.may_read:
            await self._app(scope, receive, send)
            return
        try:
            given = await self._give(_key(scope, reader), nouns, scope)
        except ServerFault as fault:
            await problem_response(Request(scope), fault)(scope, receive, send)
            return
        self._metrics.cache_reads.add(1, {"fansipan.cache.outcome": _OUTCOMES[given.how]})
        _say_route(scope, given.answer.route)
        await _send(given, Headers(scope=scope).get("if-none-match"), send)

    def _seeing_changes(self, scope: Scope, send: Send) -> Send:
        """What was changed through this replica is seen here at once."""
        if scope["type"] != "http":
            return send

        async def seeing(message: Message) -> None:
            if message["type"] == "http.response.start" and 200 <= message["status"] < 300:
                self._versions.advance()
            await send(message)

        return seeing

    async def _give(self, key: str, nouns: frozenset[Noun], scope: Scope) -> _Given:
        now = self._monotonic()
        version = self._versions.of(nouns)
        known = self._own.get(key)
        if known is not None:
            if known.version == version and now - known.began < self._policy.max_age:
                return _Given(known.answer, "hit")
            if now - known.began >= self._policy.stale_for:
                known = None
            elif now < self._away_until:
                return self._stale(known)
        flight = self._flights.get(key)
        how = "fwd=miss; collapsed"
        if flight is None or flight.version != version or now - flight.began > _PAUSE_SECONDS:
            flight = self._take_off(key, nouns, scope, now, version)
            how = "fwd=miss"
        if known is None:
            return _Given(await asyncio.shield(flight.task), how)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                answer = await asyncio.shield(flight.task)
        except (TimeoutError, ServerFault):
            self._away_until = self._monotonic() + _PAUSE_SECONDS
            return self._stale(known)
        if answer.status == 503:
            self._away_until = self._monotonic() + _PAUSE_SECONDS
            return self._stale(known)
        return _Given(answer, how)

    def _stale(self, known: Remembered) -> _Given:
        return _Given(known.answer, "hit; detail=stale", int(self._monotonic() - known.began))

    def _take_off(
        self, key: str, nouns: frozenset[Noun], scope: Scope, now: float, version: tuple[int, ...]
    ) -> _Flight:
        task = asyncio.create_task(self._make(key, nouns, scope), name="cached-read")
        flight = self._flights[key] = _Flight(task, now, version)

        def landed(done: asyncio.Task[Answer]) -> None:
            if self._flights.get(key) is flight:
                del self._flights[key]
            if not done.cancelled():
                done.exception()  # whoever waits is told; nobody may be waiting any more

        task.add_done_callback(landed)
        return flight

    async def _make(self, key: str, nouns: frozenset[Noun], scope: Scope) -> Answer:
        """The answer: from another replica, or made here, and then remembered."""
        token = None
        version = self._versions.of(nouns)
        if self._shared is not None and self._policy.max_age > 0:
            found = await self._shared.find_or_begin(key, self._versions.heard(nouns))
            if isinstance(found, tuple):
                answer, began = found
                self._own.put(key, Remembered(answer, began, version))
                return answer
            token = found
        version, began = self._versions.of(nouns), self._monotonic()
        answer: Answer | None = None
        good = False
        try:
            answer = await self._run(scope)
            good = answer.status == 200 and answer.size <= self._policy.largest
            if good and self._policy.max_age > 0:
                self._own.put(key, Remembered(answer, began, version))
            return answer
        finally:
            if self._shared is not None and token is not None:
                await self._shared.put(key, token, answer if good else None, began)

    async def _run(self, scope: Scope) -> Answer:
        """Have the app answer a request of nobody in particular: no condition, no body, no connection to lose."""
        inner = dict(scope)
        inner["headers"] = [(name, value) for name, value in scope["headers"] if name not in _FOR_ONE]
        start: Message | None = None
        body: list[bytes] = []
        sent = False

        async def receive() -> Message:
            nonlocal sent
            if sent:
                await asyncio.Event().wait()
            sent = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            elif message["type"] == "http.response.body":
                body.append(message.get("body", b""))

        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                await self._app(inner, receive, send)
        except TimeoutError as error:
            raise ServerFault(f"there is no answer after {_LONGEST_SECONDS:.0f} s; try again") from error
        except Exception:
            if start is None:
                raise
            # the app has answered 500 and logged why, and raises it again for the server's log
        if start is None:
            raise ServerFault("there is no answer; try again")
        headers = tuple((bytes(name), bytes(value)) for name, value in start["headers"])
        return Answer(start["status"], headers, b"".join(body), _route(scope))


def _route(scope: Scope) -> str:
    """The template of the endpoint that has answered, as FastAPI's telemetry has noted it; empty: none."""
    return getattr(scope.get("fastapi.telemetry"), "route", None) or ""


def _say_route(scope: Scope, route: str) -> None:
    """What is given again counts for the endpoint that made it."""
    telemetry = scope.get("fastapi.telemetry")
    if route and telemetry is not None and telemetry.route is None:
        telemetry.route = route


def _key(scope: Scope, reader: Reader) -> str:
    """Of all that an answer depends on but the data: the address as it was called, the coding, what the reader sees.

    What a reader sees is `kind` (operators see internal indicators) and `visibility`; `public` decides on headers.
    """
    headers = Headers(scope=scope)
    parts = (
        scope["scheme"],
        headers.get("host", ""),
        scope.get("root_path", ""),
        scope["path"],
        scope["query_string"],
        "gzip" in headers.get("accept-encoding", ""),
        reader.kind.value,
        reader.public,
        reader.visibility,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


async def _send(given: _Given, if_none_match: str | None, send: Send) -> None:
    answer = given.answer
    headers = [*answer.headers, (b"cache-status", b"fansipan; " + given.how.encode())]
    if given.stale_age is not None:
        headers = [
            *answer.without([b"cache-control"]),
            (b"cache-status", b"fansipan; " + given.how.encode()),
            (b"cache-control", b"no-store"),
            (b"age", str(given.stale_age).encode()),
            (b"warning", b'110 fansipan "Response is Stale"'),
        ]
    etag = answer.header(b"etag")
    status, body = answer.status, answer.body
    if status == 200 and etag is not None and matches(if_none_match, etag.decode("latin-1")):
        status, body = 304, b""
        left_out = (b"content-length", b"content-type", b"content-encoding")
        headers = [pair for pair in headers if pair[0].lower() not in left_out]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
