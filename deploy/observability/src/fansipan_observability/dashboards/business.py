"""What the platform holds: things, observations, figures, cases, alerts."""

from fansipan_common.telemetry import registry as r
from fansipan_observability.dashboards.panels import WINDOW, Board
from fansipan_observability.promql import rate, select, total


def board() -> Board:
    """Build it."""
    observations = {"fansipan.target": "observations"}
    return (
        Board("business", "what it holds", "How much is connected, what comes, what is late, what is wrong?")
        .numbers(
            ("Things", "short", f"max({select(r.THINGS)})"),
            ("Datastreams", "short", f"max({select(r.DATASTREAMS)})"),
            ("Quiet for a day", "short", f"max({select(r.DATASTREAMS_QUIET)})"),
            (
                "Cases that have not ended",
                "short",
                f"sum(max by (fansipan_case_kind) ({select(r.CASES_OPEN)}))",
            ),
            ("Late", "short", f"sum(max by (fansipan_case_kind) ({select(r.CASES_LATE)}))"),
            ("Open alerts", "short", f"sum(max by (fansipan_alert_severity) ({select(r.ALERTS_OPEN)}))"),
        )
        .row("Over time")
        .graphs(
            (
                "Observations",
                "ops",
                [
                    (
                        total(rate(select(r.STORED, observations), WINDOW), "fansipan_outcome"),
                        "{{fansipan_outcome}}",
                    )
                ],
            ),
            (
                "Service events",
                "ops",
                [(total(rate(select(r.STORED, {"fansipan.target": "service-events"}), WINDOW)), "stored")],
            ),
            (
                "Figures that changed",
                "ops",
                [(total(rate(select(r.EVALUATED), WINDOW), "fansipan_lane"), "{{fansipan_lane}}")],
            ),
        )
        .graphs(
            (
                "Cases",
                "short",
                [
                    (f"max by (fansipan_case_kind) ({select(r.CASES_OPEN)})", "{{fansipan_case_kind}} open"),
                    (f"max by (fansipan_case_kind) ({select(r.CASES_LATE)})", "{{fansipan_case_kind}} late"),
                ],
            ),
            (
                "Alerts",
                "short",
                [
                    (
                        f"max by (fansipan_alert_severity) ({select(r.ALERTS_OPEN)})",
                        "{{fansipan_alert_severity}}",
                    )
                ],
            ),
            (
                "Notifications",
                "ops",
                [
                    (
                        total(rate(select(r.NOTIFICATIONS), WINDOW), "fansipan_delivery"),
                        "{{fansipan_delivery}}",
                    )
                ],
            ),
        )
    )
