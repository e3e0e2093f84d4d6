"""The portal, signed documents, ICT Index and DTI through the shipped definitions."""

from datetime import timedelta

import pytest
from libs.indicators.tests.unit.golden import (
    area_value,
    at,
    case,
    composite,
    figure_of,
    figure_over,
    hours,
    in_effect,
    thing_of,
    value_of,
)

from fansipan_indicators.composites import normalised_index
from fansipan_indicators.formulas import NormalisedIndex
from fansipan_indicators.periods import parse_period

DTI = {
    "dti-awareness": 80.0,
    "dti-institutions": 90.0,
    "dti-infrastructure": 70.0,
    "dti-workforce": 60.0,
    "dti-security": 50.0,
    "dti-government": 150.0,
    "dti-economy": 100.0,
    "dti-society": 120.0,
}


def test_availability_of_the_portal() -> None:
    checks = hours("2026-11-20 08:00", [1.0] * 29 + [0.0], timedelta(minutes=1))
    figure = figure_of("portal-availability", "2026-11-20T08", thing_of({"portal_up": checks}))
    assert figure is not None
    assert figure.value == pytest.approx(96.667, abs=0.001)
    assert figure.completeness == 0.5  # the monitor itself was silent for half an hour


def test_usage_of_the_portal_and_signed_documents() -> None:
    counts = [
        case("2026-11-02 00:00", kind="usage", weight=120, service="portal-visits"),
        case("2026-11-03 00:00", kind="usage", weight=80, service="portal-visits"),
        case("2026-10-31 00:00", kind="usage", weight=7, service="portal-visits"),
        case("2026-11-02 00:00", kind="usage", weight=45, service="documents-signed"),
        case("2026-11-02 00:00", kind="usage", weight=60, service="documents-issued"),
    ]
    assert figure_over("portal-usage", "2026-11", counts).value == 200
    assert figure_over("portal-usage", "2026-11-02", counts).value == 120
    assert figure_over("signed-documents-share", "2026-11", counts).value == 75.0
    assert figure_over("signed-documents-share", "2026-10", counts).value is None


@pytest.mark.parametrize(
    "key", [*DTI, "dti-published", "ict-infrastructure", "ict-workforce", "ict-application"]
)
def test_external_figures_are_taken_as_entered(key: str) -> None:
    entered = thing_of({key: [(at("2024-01-10 08:00"), 11.0), (at("2024-12-20 08:00"), 12.5)]})
    assert value_of(key, "2024", entered) == 12.5
    assert area_value(key, "2024", [entered]) == 12.5


def test_dti_of_2022_to_2024_adds_up_the_main_indices() -> None:
    figure = composite("dti-template", "2024", DTI)
    assert (figure.value, figure.denominator) == (720.0, 1000)
    assert composite("dti-template", "2024", DTI | {"dti-economy": None}).value is None
    assert in_effect("dti-template", parse_period("2024")).version.version == 1


def test_dti_from_2025_is_another_set() -> None:
    assert composite("dti-template", "2025", DTI).value is None
    assert composite("dti-template", "2025", {"dti-published": 689.4}).value == 689.4
    assert in_effect("dti-template", parse_period("2025")).version.version == 2


def test_ict_index_compares_communes() -> None:
    formula = in_effect("ict-index-template", parse_period("2024")).version.formula
    assert isinstance(formula, NormalisedIndex)
    keys = ("ict-infrastructure", "ict-workforce", "ict-application")
    communes: dict[str, dict[str, float | None]] = {
        "02647": dict(zip(keys, (0.8, 0.5, 0.6), strict=True)),
        "02671": dict(zip(keys, (0.4, 0.9, 0.6), strict=True)),
        "03006": dict(zip(keys, (0.6, 0.7, None), strict=True)),
    }
    figures = normalised_index(formula, communes)
    assert figures["02647"].value == pytest.approx((1 + 0 + 0.5) / 3)
    assert figures["02671"].value == pytest.approx((0 + 1 + 0.5) / 3)
    assert figures["03006"].value is None
