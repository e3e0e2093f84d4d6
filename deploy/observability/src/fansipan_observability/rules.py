"""Rule files of Prometheus: error shares of the objectives, alerts when they burn too fast, plain alerts.

Burn rates over two windows: Site Reliability Workbook, chapter 5.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from fansipan_observability.alerts import ALERTS, Alert
from fansipan_observability.backups import BACKUP_ALERTS
from fansipan_observability.brokers import BROKER_ALERTS
from fansipan_observability.objectives import ERRORS, GOOD_TIME, Always, Objective, Objectives

WINDOWS: Final = ("5m", "30m", "1h", "6h", "3d")
_INTERVAL: Final = "30s"
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Burn:
    """How fast the budget of 30 days burns before somebody is told.

    Attributes:
        factor: times as fast as it may: 14.4 takes 2 % in an hour, 6 takes 5 % in six, 1 takes 10 % in three days.
        long: window that it lasts for.
        short: window that shows it is still so.
        severity: as of alerts.
    """

    factor: float
    long: str
    short: str
    severity: Literal["page", "ticket"]


BURNS: Final = (
    Burn(14.4, "1h", "5m", "page"),
    Burn(6.0, "6h", "30m", "page"),
    Burn(1.0, "3d", "6h", "ticket"),
)


def burn_alert(objective: Objective) -> str:
    """The name of the alerts of an objective: `IngestAvailabilityBurn`."""
    return "".join(word.capitalize() for word in objective.name.split("-")) + "Burn"


def runbook(alert: str) -> str:
    """The file of an alert in docs/runbooks: `ingest-availability-burn.md`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", alert).lower() + ".md"


def rule_files(objectives: Objectives) -> dict[str, Document]:
    """Every file by name."""
    return {
        "objectives.yaml": {"groups": [_recordings(each) for each in objectives.objectives]},
        "burn-rates.yaml": {
            "groups": [
                {
                    "name": f"fansipan-burn-{each.name}",
                    "rules": [_burn_rule(each, burn, objectives.runbooks) for burn in BURNS],
                }
                for each in objectives.objectives
            ]
        },
        "alerts.yaml": {
            "groups": [{"name": "fansipan-alerts", "rules": _plain(ALERTS, objectives.runbooks)}]
        },
    }


def store_rule_files(objectives: Objectives) -> dict[str, Document]:
    """Files of the alerts on what Fansipan stands on, by name: for who has that scraped."""
    return {
        f"{name}.yaml": {
            "groups": [{"name": f"fansipan-{name}", "rules": _plain(alerts, objectives.runbooks)}]
        }
        for name, alerts in (("brokers", BROKER_ALERTS), ("backups", BACKUP_ALERTS))
    }


def alert_names(objectives: Objectives) -> list[str]:
    """Of all alerts."""
    return [
        *map(burn_alert, objectives.objectives),
        *(alert.name for alert in (*ALERTS, *BROKER_ALERTS, *BACKUP_ALERTS)),
    ]


def _recordings(objective: Objective) -> Document:
    labels = {"slo": objective.name}
    rules: list[Document] = []
    if isinstance(objective.always, Always):
        rules.append({"record": GOOD_TIME, "expr": objective.always.is_good, "labels": labels})
    rules += [
        {"record": ERRORS + window, "expr": objective.error_ratio(window), "labels": labels}
        for window in WINDOWS
    ]
    return {"name": f"fansipan-slo-{objective.name}", "interval": _INTERVAL, "rules": rules}


def _burn_rule(objective: Objective, burn: Burn, runbooks: str) -> Document:
    limit = round(burn.factor * objective.budget, 6)
    series = f'{{slo="{objective.name}"}}'
    name = burn_alert(objective)
    return {
        "alert": name,
        "expr": f"{ERRORS}{burn.long}{series} > {limit:g} and {ERRORS}{burn.short}{series} > {limit:g}",
        "labels": {"severity": burn.severity, "burn": f"{burn.factor:g}"},
        "annotations": {
            "summary": f"{objective.title}: not so for {{{{ $value | humanizePercentage }}}} over {burn.long}"
            f" ({objective.percent:g} % are promised)",
            "runbook_url": runbooks + runbook(name),
        },
    }


def _plain(alerts: Iterable[Alert], runbooks: str) -> list[Document]:
    return [
        {
            "alert": alert.name,
            "expr": alert.expression,
            "for": alert.lasting,
            "labels": {"severity": alert.severity},
            "annotations": {"summary": alert.summary, "runbook_url": runbooks + runbook(alert.name)},
        }
        for alert in alerts
    ]
