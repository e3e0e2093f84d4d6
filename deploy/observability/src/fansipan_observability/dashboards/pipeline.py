"""From a reading to a figure: does data come, how fast is it readable, what waits, what is refused."""

from fansipan_common.telemetry import registry as r
from fansipan_observability.dashboards.panels import WINDOW, Board
from fansipan_observability.objectives import ERRORS, Objectives, budget_left
from fansipan_observability.promql import quantile, rate, select, total


def board(objectives: Objectives) -> Board:
    """Build it."""
    ages = [(quantile(share, r.COMMIT_AGE, WINDOW), f"{share:.0%}") for share in (0.5, 0.95, 0.99)]
    return (
        Board("pipeline", "pipeline", "Does data come, how fast is it readable, what waits, what is refused?")
        .numbers(
            (
                "Stored a second",
                "ops",
                total(rate(select(r.STORED, {"fansipan.target": "observations"}), WINDOW)),
            ),
            ("Oldest that waits", "s", f"max({select(r.CONSUMER_LAG_AGE)})"),
            ("Newest observation", "s", f"min({select(r.NEWEST_AGE)})"),
            ("Dead letters kept", "short", f"max({select(r.DEAD_LETTERS_KEPT)})"),
            ("Tasks that died", "short", f"count({select(r.TASK_ALIVE)} == 0) or vector(0)"),
        )
        .row("Objectives: what is left of the budget of 30 days, and how fast it burns")
        .numbers(*((each.name, "percentunit", budget_left(each)) for each in objectives.objectives))
        .graphs(
            ("Errors over an hour", "percentunit", [(f"{ERRORS}1h", "{{slo}}")]),
            ("Errors over three days", "percentunit", [(f"{ERRORS}3d", "{{slo}}")]),
        )
        .row("Ingest")
        .graphs(
            (
                "Accepted",
                "ops",
                [(total(rate(select(r.ACCEPTED), WINDOW), "fansipan_target"), "{{fansipan_target}}")],
            ),
            (
                "Rejected",
                "ops",
                [(total(rate(select(r.REJECTED), WINDOW), "error_type"), "{{error_type}}")],
            ),
            (
                "Requests",
                "reqps",
                [
                    (
                        total(
                            rate(select(r.HTTP_DURATION, {"job": "ingest"}, part="count"), WINDOW),
                            "http_route",
                            "http_response_status_code",
                        ),
                        "{{http_route}} {{http_response_status_code}}",
                    )
                ],
            ),
        )
        .row("Store")
        .graphs(
            (
                "Rows by outcome",
                "ops",
                [(total(rate(select(r.STORED), WINDOW), "fansipan_outcome"), "{{fansipan_outcome}}")],
            ),
            ("From ingest to readable", "s", ages),
            (
                "One transaction",
                "s",
                [
                    (quantile(0.5, r.COMMIT_DURATION, WINDOW), "50%"),
                    (quantile(0.99, r.COMMIT_DURATION, WINDOW), "99%"),
                ],
            ),
        )
        .row("What follows")
        .graphs(
            (
                "Queues: how long the oldest waits",
                "s",
                [(f"max by (fansipan_queue) ({select(r.QUEUE_AGE)})", "{{fansipan_queue}}")],
            ),
            (
                "Queues: rows",
                "short",
                [(f"max by (fansipan_queue) ({select(r.QUEUE_ROWS)})", "{{fansipan_queue}}")],
            ),
            (
                "Lanes: one transaction, 95%",
                "s",
                [(quantile(0.95, r.EVALUATION_DURATION, WINDOW, "fansipan_lane"), "{{fansipan_lane}}")],
            ),
        )
        .graphs(
            (
                "Hours and days computed again",
                "ops",
                [(total(rate(select(r.ROLLED_UP), WINDOW), "fansipan_level"), "{{fansipan_level}}")],
            ),
            (
                "Deliveries of webhooks",
                "ops",
                [
                    (
                        total(rate(select(r.WEBHOOK_DELIVERIES), WINDOW), "fansipan_delivery"),
                        "{{fansipan_delivery}}",
                    )
                ],
            ),
            (
                "Faults that tasks caught",
                "ops",
                [
                    (
                        total(rate(select(r.LOOP_ERRORS), WINDOW), "job", "fansipan_task"),
                        "{{job}} {{fansipan_task}}",
                    )
                ],
            ),
        )
    )
