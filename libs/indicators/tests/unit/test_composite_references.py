"""A composite is checked against its components: what it reads exists and has its periods and subjects."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from fansipan_indicators.catalogue import load_catalogue
from fansipan_indicators.documents import CatalogueError

COUNT = {"kind": "case-count", "cases": {"set": "open"}}


def write(
    folder: Path, key: str, formula: dict[str, Any], subjects: list[str], periods: list[str] | None = None
) -> None:
    text = {"vi": key, "en": key}
    version = {
        "version": 1,
        "effectiveFrom": "2026-01-01",
        "periods": periods or ["month"],
        "subjects": subjects,
        "formula": formula,
    }
    document = {
        "id": key,
        "names": text,
        "description": text,
        "group": "public-services",
        "unit": {"symbol": "x"},
        "versions": [version],
    }
    (folder / f"{key}.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def score(missing: str, *keys: str) -> dict[str, Any]:
    components = [{"indicator": key, "maximum": 10} for key in keys]
    return {"kind": "weighted-score", "missing": missing, "components": components}


def reasons(folder: Path) -> list[str]:
    with pytest.raises(CatalogueError) as raised:
        load_catalogue(folder)
    return [finding.reason for finding in raised.value.findings]


@pytest.mark.parametrize("missing", ["not-applicable", "zero"])
def test_every_component_has_the_subjects_of_a_score_that_needs_them_all(
    tmp_path: Path, missing: str
) -> None:
    write(tmp_path, "a", COUNT, ["agency", "procedure"])
    write(tmp_path, "b", COUNT, ["agency"])
    write(tmp_path, "s", score(missing, "a", "b"), ["agency", "procedure"])
    assert reasons(tmp_path) == ["b has no subject procedure"]


def test_a_score_that_spreads_what_is_missing_needs_one_component_with_the_subject(tmp_path: Path) -> None:
    write(tmp_path, "a", COUNT, ["agency", "procedure"])
    write(tmp_path, "b", COUNT, ["agency"])
    write(tmp_path, "s", score("stretch", "a", "b"), ["agency", "procedure"])
    assert len(load_catalogue(tmp_path)) == 3

    write(tmp_path, "s", score("stretch", "a", "b"), ["agency", "commune"])
    assert reasons(tmp_path) == ["no component has the subject commune"]


def test_periods_and_names_of_components_are_checked(tmp_path: Path) -> None:
    write(tmp_path, "a", COUNT, ["agency"])
    write(tmp_path, "s", score("stretch", "a", "nobody"), ["agency"], ["month", "year"])
    assert sorted(reasons(tmp_path)) == ["a has no period year", "there is no indicator nobody"]


@pytest.mark.parametrize(
    "formula", [{"kind": "case-duration", "statistic": "mean"}, {"kind": "due-soon", "workingDays": 3}]
)
def test_times_of_dossiers_are_not_known_for_procedures_of_an_agency(
    tmp_path: Path, formula: dict[str, Any]
) -> None:
    write(tmp_path, "a", formula, ["agency", "agency-procedure"])
    assert reasons(tmp_path) == ["times of dossiers are known for province, commune, agency and procedure"]
