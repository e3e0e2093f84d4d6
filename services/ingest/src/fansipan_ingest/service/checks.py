"""What is checked of an observation beyond its form: one list of rules for the earnest door and for the sandbox."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any, Final

from fansipan_common.api_keys import Principal
from fansipan_common.contracts import ObservationItem, parse_datastream_key
from fansipan_ingest.domain.registration import NewDatastream, Unit, describe, result_fits
from fansipan_ingest.domain.rules import Rejection, TimeWindow, json_fault, unix_ms
from fansipan_ingest.repository.datastreams import DatastreamRef

FIELDS: Final = frozenset({"datastream", "phenomenonTime", "result", "resultTime", "parameters"})
"""What is checked beyond its form."""


@dataclass(frozen=True, slots=True)
class ItemChecks:
    """The rules for a single observation.

    Attributes:
        window: times that are taken.
        max_depth: how deep JSON may nest in a result or in parameters.
    """

    window: TimeWindow
    max_depth: int

    def reasons(
        self,
        item: ObservationItem,
        now_ms: int,
        *,
        key: str,
        observation_type: str | None,
        fields: frozenset[str] = FIELDS,
    ) -> Iterator[Rejection]:
        """Every reason to refuse an item, the most telling first.

        Args:
            item: of a valid form.
            now_ms: Unix ms.
            key: of its datastream.
            observation_type: of its datastream; None: it is not known what it is.
            fields: those to look at.
        """
        result = item.result
        if "phenomenonTime" in fields:
            early_or_late = self.window.check(unix_ms(item.phenomenon_time), now_ms)
            if early_or_late is not None:
                yield early_or_late
        if "result" in fields and observation_type is not None and not result_fits(observation_type, result):
            kind = observation_type.rsplit("/", 1)[-1]
            yield Rejection(
                "result-type", f"{key} is an {kind}; a result of type {_json_type(result)} does not fit it"
            )
        if item.result_time is not None and "resultTime" in fields:
            early_or_late = self.window.check(unix_ms(item.result_time), now_ms, "resultTime")
            if early_or_late is not None:
                yield early_or_late
        if "result" in fields and (fault := json_fault(result, "result", self.max_depth)) is not None:
            yield fault
        if "parameters" in fields:
            fault = json_fault(item.parameters, "parameters", self.max_depth)
            if fault is not None:
                yield fault


def judge_datastream(
    principal: Principal, name: str | int, result: Any, ref: DatastreamRef | None, unit: Unit | None
) -> DatastreamRef | NewDatastream | Rejection:
    """What a datastream name of a request stands for.

    Args:
        principal: who sends.
        name: key or id.
        result: the first one for it.
        ref: what is registered under the name; None: nothing.
        unit: what its results are in, where the sender says so.
    """
    if ref is not None:
        if not principal.may_write_to(ref.key):
            return _forbidden(ref.key)
        return (unit and _other_unit(ref, unit)) or ref
    if isinstance(name, int):
        return Rejection("datastream-unknown", f"there is no datastream with id {name}")
    try:
        key = parse_datastream_key(name)
    except ValueError as error:
        return Rejection("datastream-key", str(error))
    if not principal.may_write_to(name):
        return _forbidden(name)
    if not principal.auto_register:
        return Rejection(
            "datastream-unknown",
            f"there is no datastream {name}; register it first, or let the provider register on first use",
        )
    return describe(key, result, unit)


def unknown_feature(item: ObservationItem, features: Set[int]) -> Rejection | None:
    """The reason to refuse an item whose feature of interest is none of those that there are."""
    if item.feature_id is None or item.feature_id in features:
        return None
    return Rejection("feature-unknown", f"there is no feature of interest with id {item.feature_id}")


def _forbidden(key: str) -> Rejection:
    return Rejection("datastream-forbidden", f"this key may not write to {key}")


def _other_unit(ref: DatastreamRef, unit: Unit) -> Rejection | None:
    """Results in another unit than the datastream's would be wrong numbers. Where none is known, any is taken."""
    if ref.unit is None or ref.unit == unit.ucum:
        return None
    return Rejection(
        "unit-mismatch", f"{ref.key} is measured in {ref.unit}; these results are in {unit.ucum}"
    )


def _json_type(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case _:
            return "object"
