"""Inputs of a figure as callers see them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from fansipan_gateway.domain.results import Row, quality_of, result_of
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.indicators.domain.figures import NamedSubject, instant
from fansipan_gateway.indicators.domain.inputs import CasesRead
from fansipan_gateway.indicators.domain.subjects import Subject
from fansipan_indicators.cases import Case, membership
from fansipan_indicators.formulas import CaseSet
from fansipan_indicators.periods import Period


def bucket_item(row: Row, key: str) -> dict[str, Any]:
    """A rollup of a datastream (by key)."""
    return {
        "datastream": key,
        "start": format_instant(row["bucket"]),
        "count": row["count"],
        "mean": row["sum"] / row["count"],
        "sum": row["sum"],
        "min": row["min"],
        "max": row["max"],
        "first": row["first"],
        "last": row["last"],
    }


def correction_item(row: Row, key: str) -> dict[str, Any]:
    """A reading that was replaced, and what stands in its place now."""
    return {
        "datastream": key,
        "phenomenonTime": format_instant(row["phenomenon_time"]),
        "was": result_of(row["result"], row["result_json"]),
        "wasQuality": quality_of(row["result_quality"]),
        "isNow": result_of(row["now_result"], row["now_json"]),
        "nowQuality": quality_of(row["now_quality"]),
        "replacedAt": format_instant(row["replaced_at"]),
    }


def subjects_named_by(cases: Iterable[Case]) -> list[Subject]:
    """The agencies, areas and procedures of some cases, each once."""
    named = {
        subject
        for case in cases
        for subject in (
            Subject("agency", case.agency),
            None if case.area_code is None else Subject("area", case.area_code),
            None if case.procedure is None else Subject("procedure", case.procedure),
        )
        if subject is not None
    }
    return sorted(named, key=lambda subject: subject.reference)


def case_item(
    provider: str,
    case: Case,
    names: Mapping[Subject, NamedSubject],
    wanted: CasesRead,
    period: Period,
    now: datetime,
) -> dict[str, Any]:
    """A case, whether it is counted in the period as judged at `now`, and why not if not.

    Args:
        provider: its provider's key.
        case: the case.
        names: of the subjects that it names.
        wanted, period, now: what is counted.
    """
    return {
        "provider": provider,
        "id": case.case_id,
        "agency": case.agency,
        **_names("agency", names.get(Subject("agency", case.agency))),
        "area": case.area_code,
        **_names("area", None if case.area_code is None else names.get(Subject("area", case.area_code))),
        "procedure": case.procedure,
        **_names(
            "procedure", None if case.procedure is None else names.get(Subject("procedure", case.procedure))
        ),
        "receivedAt": instant(case.received_at),
        "endedAt": instant(case.ended_at),
        "lateAt": instant(case.late_at),
        "lateSince": instant(case.late_since(now)),
        "weight": case.weight,
        **_in("inNumerator", "notInNumerator", case, wanted.numerator, period, now),
        **_in("inDenominator", "notInDenominator", case, wanted.denominator, period, now),
    }


def _names(role: str, named: NamedSubject | None) -> dict[str, str | None]:
    return {
        f"{role}Name": None if named is None else named.name,
        f"{role}NameEn": None if named is None else named.name_en,
    }


def _in(
    name: str, why: str, case: Case, wanted: CaseSet | None, period: Period, now: datetime
) -> dict[str, Any]:
    if wanted is None:
        return {name: None, why: None}
    found = membership(case, wanted, period, now)
    return {name: found.inside, why: found.reason}
