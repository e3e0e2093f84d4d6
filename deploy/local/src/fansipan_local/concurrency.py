"""Runs independent steps at the same time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor


def run_together(work: Iterable[Callable[[], None]]) -> None:
    """Run everything at once, wait for all of it, then raise the first failure."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        futures = [pool.submit(one) for one in work]
    for future in futures:
        future.result()
