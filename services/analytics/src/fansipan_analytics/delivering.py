"""What all that deliver to others have in common: one attempt over HTTP, and how long to wait for the next."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import httpx

_KEPT_OF_ANSWER: Final = 300
# What is kept of an answer is read as it comes: it must not be compressed.
_HEADERS: Final = {"User-Agent": "fansipan", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait after an attempt that failed.

    Attributes:
        first, longest: seconds before the second attempt, and at most between two; doubled each time.
        jitter: between 0 and 1.
    """

    first: float
    longest: float
    jitter: Callable[[], float] = random.random

    def after(self, attempt: int) -> timedelta:
        """Half of it is certain, half is chance: many that failed at once do not come back at once."""
        whole = min(self.first * 2.0 ** min(attempt - 1, 30), self.longest)
        return timedelta(seconds=whole * (0.5 + 0.5 * self.jitter()))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt.

    Attributes:
        status: of HTTP; None: there was no answer.
        error: why it does not count as delivered; None: it does.
    """

    status: int | None
    error: str | None


async def post(
    client: httpx.AsyncClient,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float,
    extensions: Mapping[str, str] | None = None,
) -> Outcome:
    """Try once; 2xx is delivered. Redirects are not followed, and of the answer only the beginning is read.

    Args:
        client: whose connections are used.
        seconds: that each part of it may take: to connect, to send, to wait for the answer.
        extensions: of httpx.

    Returns:
        What became of it: whatever goes wrong on the way is no error of ours.
    """
    try:
        async with client.stream(
            "POST",
            url,
            content=body,
            headers={**_HEADERS, **headers},
            timeout=seconds,
            follow_redirects=False,
            extensions=dict(extensions or {}),
        ) as answer:
            if answer.is_success:
                return Outcome(answer.status_code, None)
            told = await _beginning(answer)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        return Outcome(None, f"{type(error).__name__}: {error}"[:_KEPT_OF_ANSWER])
    return Outcome(answer.status_code, f"answered {answer.status_code} {told}".strip())


async def _beginning(answer: httpx.Response) -> str:
    async for chunk in answer.aiter_raw():
        return chunk[:_KEPT_OF_ANSWER].decode("utf-8", "replace").replace("\0", "�")
    return ""
