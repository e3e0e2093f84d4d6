"""What readers get: rate, errors and duration of each endpoint, and how much comes from memory."""

from fansipan_common.telemetry import registry as r
from fansipan_observability.dashboards.panels import WINDOW, Board
from fansipan_observability.promql import quantile, rate, select, total

_HERE = {"job": "gateway"}


def board() -> Board:
    """Build it."""
    requests = rate(select(r.HTTP_DURATION, _HERE, part="count"), WINDOW)
    failed = rate(select(r.HTTP_DURATION, _HERE | {"http.response.status_code": "5.."}, part="count"), WINDOW)
    remembered = rate(select(r.CACHE_READS, {"fansipan.cache.outcome": "hit|collapsed|stale"}), WINDOW)
    asked = rate(select(r.CACHE_READS), WINDOW)
    return (
        Board("gateway", "gateway", "What do readers get, how fast, and how much of it from memory?")
        .numbers(
            ("Requests a second", "reqps", total(requests)),
            ("Answered 5xx", "percentunit", f"({total(failed)} or vector(0)) / {total(requests)}"),
            ("From memory", "percentunit", f"{total(remembered)} / {total(asked)}"),
            ("Under way", "short", total(select(r.HTTP_ACTIVE, _HERE))),
        )
        .row("Each endpoint")
        .graphs(
            ("Requests", "reqps", [(total(requests, "http_route"), "{{http_route}}")]),
            (
                "Errors of ours",
                "reqps",
                [
                    (
                        total(failed, "http_route", "http_response_status_code"),
                        "{{http_route}} {{http_response_status_code}}",
                    )
                ],
            ),
            (
                "Duration, 95%",
                "s",
                [(quantile(0.95, r.HTTP_DURATION, WINDOW, "http_route", **_HERE), "{{http_route}}")],
            ),
        )
        .row("All together")
        .graphs(
            (
                "By status",
                "reqps",
                [(total(requests, "http_response_status_code"), "{{http_response_status_code}}")],
            ),
            (
                "Duration",
                "s",
                [
                    (quantile(share, r.HTTP_DURATION, WINDOW, **_HERE), f"{share:.0%}")
                    for share in (0.5, 0.95, 0.99)
                ],
            ),
            (
                "How answers come about",
                "reqps",
                [(total(asked, "fansipan_cache_outcome"), "{{fansipan_cache_outcome}}")],
            ),
        )
    )
