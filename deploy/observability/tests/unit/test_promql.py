"""Expressions are made of what the registry has, and of nothing else."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from fansipan_common.telemetry import registry
from fansipan_observability.objectives import load_objectives
from fansipan_observability.promql import instrument_of, quantile, rate, select, total
from fansipan_observability.rules import BURNS, WINDOWS, burn_alert, rule_files, runbook

pytestmark = pytest.mark.unit
SLOS = Path(__file__).parents[2] / "slos.yaml"


def test_a_selector_has_prometheus_names():
    selector = select(registry.STORED, {"fansipan.target": "observations", "job": "analytics"})
    assert selector == 'fansipan_store_rows_total{fansipan_target=~"observations",job=~"analytics"}'
    assert total(rate(selector, "5m"), "fansipan_outcome").startswith("sum by (fansipan_outcome) (rate(")
    bucket = select(registry.COMMIT_AGE, part="bucket", le=5)
    assert bucket == 'fansipan_store_commit_age_seconds_bucket{le="5.0"}'
    assert quantile(0.99, registry.COMMIT_AGE, "5m") == (
        "histogram_quantile(0.99, sum by (le) (rate(fansipan_store_commit_age_seconds_bucket[5m])))"
    )


def test_what_is_not_in_the_registry_cannot_be_asked():
    with pytest.raises(KeyError):
        instrument_of("fansipan.store.rows.total")
    with pytest.raises(LookupError, match=r"has no attribute http\.route"):
        select(registry.STORED, {"http.route": "/"})
    with pytest.raises(ValueError, match="has no bucket up to 4"):
        select(registry.COMMIT_AGE, part="bucket", le=4)
    with pytest.raises(ValueError, match="a part is chosen of histograms"):
        select(registry.COMMIT_AGE)


def test_an_objective_is_measured_in_one_way(tmp_path: Path):
    text = SLOS.read_text(encoding="utf-8")
    path = tmp_path / "slos.yaml"
    for wrong in (
        text.replace("percent: 99.9", "percent: 100", 1),
        text.replace("    within:", "    always: {metric: m, where: {}, at_most: 1}\n    within:", 1),
        text.replace("seconds: 5", "second: 5", 1),
    ):
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises(ValidationError):
            load_objectives(path)


def test_budgets_burn_over_windows_that_are_recorded():
    objectives = load_objectives(SLOS)
    for burn in BURNS:
        assert {burn.long, burn.short} <= {*WINDOWS}
    files = rule_files(objectives)
    [ingest] = [g for g in files["burn-rates.yaml"]["groups"] if g["name"].endswith("-ingest-availability")]
    assert [rule["expr"].count("> 0.0144") for rule in ingest["rules"]] == [2, 0, 0]
    assert next(burn_alert(each) for each in objectives.objectives) == "IngestAvailabilityBurn"
    assert runbook("IngestAvailabilityBurn") == "ingest-availability-burn.md"
