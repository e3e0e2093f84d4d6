"""`docs/telemetry.md`, made from the registry, the objectives and the alerts."""

from collections.abc import Iterable
from typing import Final

from fansipan_common.telemetry.instrument import Attribute, Instrument
from fansipan_common.telemetry.registry import ATTRIBUTES, INSTRUMENTS
from fansipan_observability.alerts import ALERTS, Alert
from fansipan_observability.backups import BACKUP_ALERTS
from fansipan_observability.brokers import BROKER_ALERTS, BROKERS_JOB
from fansipan_observability.dashboards import DASHBOARDS
from fansipan_observability.objectives import Objectives
from fansipan_observability.rules import BURNS, burn_alert, runbook

_INTRODUCTION: Final = """\
# Telemetry

For who runs the platform. *This page is made by `make observability`; to change it, change
`libs/common/src/fansipan_common/telemetry/registry.py` or `deploy/observability`.*

Each service gives its metrics at `/metrics`, as text of Prometheus, or as OpenMetrics to who asks for it by `Accept`;
then the buckets of durations have **exemplars**: the trace of a request that fell into them. (Prometheus keeps them
with `--enable-feature=exemplar-storage`.) With `OTEL_EXPORTER_OTLP_ENDPOINT` traces and metrics are sent there, too
(OTLP over HTTP); only then are there traces and exemplars. Each line of the **logs** (JSON) has `trace_id` and
`span_id` where there is a trace.

One observation is one trace: `POST /v1/observations` in ingest → `process observations.v1` in analytics, which has a
link to `commit micro-batch`, the transaction that stored it together with others; that links back to each of them.
Statements of loops that look for work belong to no trace, and are not recorded (unless `OTEL_TRACES_SAMPLER` is set).

`deploy/observability` holds what is made for Prometheus and Grafana: `rules/*.yaml`, `dashboards/*.json`. They expect
`job` to be the service (`ingest`, `analytics`, `gateway`). What is promised is in `slos.yaml`, and where the runbooks
can be read; after changing it: `make observability`.

    $ curl -s localhost:8002/metrics | grep fansipan_consumer_lag
    $ curl -s -H 'Accept: application/openmetrics-text' localhost:8000/metrics | grep trace_id
    $ .venv/bin/fansipan-observability check      # are the files as the code would write them?
"""


def telemetry_page(objectives: Objectives) -> str:
    """The whole page."""
    lines = [_INTRODUCTION, "## Objectives\n", "| objective | promised | alert |", "|---|---|---|"]
    lines += [
        f"| {each.title} | {each.percent:g} % | [{burn_alert(each)}](runbooks/{runbook(burn_alert(each))}) |"
        for each in objectives.objectives
    ]
    burns = "; ".join(
        f"{b.factor:g} times as fast as it may over {b.long} and {b.short}: {b.severity}" for b in BURNS
    )
    lines += [
        "",
        f"The budget is what is missing to 100 % over 30 days. Who burns it too fast alerts ({burns}).",
        "\n## Alerts\n",
        *_alerts(ALERTS),
        "\nOn Kafka's brokers and CloudNativePG's backups, where they are scraped"
        " (`deploy/k8s/components/stores-monitoring` has it done):\n",
        *_alerts((*BROKER_ALERTS, *BACKUP_ALERTS)),
        "\nWho runs Kafka elsewhere can have those on the brokers, too: add Strimzi's Metrics Reporter"
        " (`io.strimzi:server-metrics-reporter`, made for any Kafka) to the brokers, let Prometheus scrape it as the"
        f" job `{BROKERS_JOB}`, and give it `deploy/observability/stores/brokers.yaml`.",
        "\n`page`: somebody is called. `ticket`: it is looked at on the next working day.",
        "\n## Dashboards\n",
        ", ".join(f"`{name}.json`" for name in DASHBOARDS)
        + "; of Kafka's brokers `deploy/observability/stores/brokers.json`.",
        "\n## Metrics\n",
        "| metric (in Prometheus) | | unit | meaning | attributes |",
        "|---|---|---|---|---|",
        *map(_instrument, INSTRUMENTS),
        "\n## Attributes\n",
        "In Prometheus with `_` for each dot.\n",
        "| attribute | meaning | values |",
        "|---|---|---|",
        *_attributes(sorted(ATTRIBUTES.values(), key=lambda each: each.name)),
    ]
    return "\n".join(lines) + "\n"


def _alerts(alerts: Iterable[Alert]) -> Iterable[str]:
    yield "| alert | | when |"
    yield "|---|---|---|"
    for alert in alerts:
        lasting = f" for {alert.lasting}" if alert.lasting != "0m" else ""
        yield (
            f"| [{alert.name}](runbooks/{runbook(alert.name)}) | {alert.severity}"
            f" | `{_cell(alert.expression)}`{lasting} |"
        )


def _instrument(each: Instrument) -> str:
    of = " · ".join(part for part in (each.service, each.condition) if part)
    meaning = each.description.rstrip(".") + (f" ({of})" if of else "")
    attributes = ", ".join(f"`{attribute.name}`" for attribute in each.attributes)
    return f"| `{each.name}`<br>`{each.prometheus}` | {each.kind} | {each.unit} | {meaning} | {attributes} |"


def _attributes(attributes: Iterable[Attribute]) -> Iterable[str]:
    for each in attributes:
        yield f"| `{each.name}` | {_cell(each.meaning)} | {', '.join(f'`{value}`' for value in each.values)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
